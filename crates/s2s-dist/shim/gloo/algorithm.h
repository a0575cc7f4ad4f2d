// Gloo's names as far as c10d's header mentions them.
//
// libtorch's wheels contain Gloo's code and c10d's headers but not Gloo's own headers. c10d keeps every Gloo object
// behind a pointer, and nothing of this shim looks into one, so that these declarations suffice and none of them can
// disagree with the library about a layout.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace gloo {

class Context {
 public:
  void setTimeout(std::chrono::milliseconds timeout);
};

namespace rendezvous {

class Store {
 public:
  virtual ~Store() = default;
  virtual void set(const std::string& key, const std::vector<char>& data) = 0;
  virtual std::vector<char> get(const std::string& key) = 0;
  virtual void wait(const std::vector<std::string>& keys) = 0;
  virtual void wait(const std::vector<std::string>& keys, const std::chrono::milliseconds& timeout) = 0;
};

} // namespace rendezvous

namespace transport {

class Device;

class UnboundBuffer {
 public:
  virtual ~UnboundBuffer() = default;
};

} // namespace transport
} // namespace gloo
