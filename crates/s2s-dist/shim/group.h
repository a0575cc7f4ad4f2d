// What the files of the shim share.

#pragma once

#include <cstring>
#include <exception>

#include <c10/util/Exception.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

struct Group {
  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<c10d::Backend> gloo;
  // Null until it is asked for.
  c10::intrusive_ptr<c10d::Backend> nccl;
};

template <typename Action>
int guarded(char** message, Action action) {
  try {
    action();
    return 0;
  } catch (const c10::Error& error) {
    *message = strdup(error.what_without_backtrace());
  } catch (const std::exception& error) {
    *message = strdup(error.what());
  } catch (...) {
    *message = strdup("an unknown C++ exception");
  }
  return 1;
}
