// A C face of c10d's TCPStore and ProcessGroupGloo: every function returns 0, or 1 and a message that the caller frees.

#define USE_C10D_GLOO

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

namespace {

struct Group {
  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;
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

} // namespace

extern "C" {

int s2s_group_new(
    const char* address,
    uint16_t port,
    bool serves,
    const char* name,
    const char* interface,
    int rank,
    int size,
    int64_t timeout_ms,
    Group** group,
    char** message) {
  return guarded(message, [&] {
    // What c10d would log comes back as an error; who wants both sets the variable.
    setenv("TORCH_CPP_LOG_LEVEL", "FATAL", 0);
    c10::initLogging();
    const std::chrono::milliseconds timeout(timeout_ms);
    const auto begun = std::chrono::steady_clock::now();
    c10d::TCPStoreOptions rendezvous;
    rendezvous.port = port;
    rendezvous.isServer = serves;
    rendezvous.numWorkers = size;
    rendezvous.waitWorkers = false;
    rendezvous.timeout = timeout;
    c10::intrusive_ptr<c10d::Store> tcp = c10::make_intrusive<c10d::TCPStore>(address, rendezvous);
    // Names are exchanged and then connections made, each within half of the time that the first step left.
    const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    const auto left = std::max((timeout - spent) / 2, std::chrono::milliseconds(500));
    auto store = c10::make_intrusive<c10d::PrefixStore>(name, tcp);
    store->setTimeout(left);
    auto options = c10d::ProcessGroupGloo::Options::create(left);
    options->devices.push_back(
        *interface ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                   : c10d::ProcessGroupGloo::createDefaultDevice());
    auto gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, options);
    store->setTimeout(timeout);
    gloo->setTimeout(timeout);
    *group = new Group{store, gloo};
  });
}

void s2s_group_free(Group* group) {
  delete group;
}

int s2s_group_all_reduce(Group* group, at::Tensor* tensor, char** message) {
  return guarded(message, [&] {
    std::vector<at::Tensor> tensors{*tensor};
    group->gloo->allreduce(tensors)->wait();
  });
}

int s2s_group_broadcast(Group* group, at::Tensor* tensor, int root, char** message) {
  return guarded(message, [&] {
    std::vector<at::Tensor> tensors{*tensor};
    c10d::BroadcastOptions options;
    options.rootRank = root;
    group->gloo->broadcast(tensors, options)->wait();
  });
}

// `gathered` has a first dimension of as many rows as there are processes.
int s2s_group_all_gather(Group* group, at::Tensor* gathered, at::Tensor* tensor, char** message) {
  return guarded(message, [&] {
    std::vector<at::Tensor> inputs{*tensor};
    std::vector<std::vector<at::Tensor>> outputs{gathered->unbind(0)};
    group->gloo->allgather(outputs, inputs)->wait();
  });
}

// Both have a first dimension of as many rows as there are processes: row j goes to process j, row i comes from process i.
int s2s_group_all_to_all(Group* group, at::Tensor* received, at::Tensor* sent, char** message) {
  return guarded(message, [&] {
    std::vector<int64_t> even;
    group->gloo->alltoall_base(*received, *sent, even, even)->wait();
  });
}

int s2s_group_barrier(Group* group, char** message) {
  return guarded(message, [&] { group->gloo->barrier()->wait(); });
}
}
