// A C face of c10d's TCPStore and ProcessGroupGloo: every function returns 0, or 1 and a message that the caller frees.

#define USE_C10D_GLOO

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <c10/util/Exception.h>
#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <torch/headeronly/version.h>

#include "group.h"

// The declarations in gloo/ mirror the Gloo that this libtorch contains; another version has to be compared with them first.
static_assert(
    TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR == 11,
    "s2s-dist mirrors the Gloo of libtorch 2.11: compare shim/gloo with the Gloo of this libtorch, then change this line");

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Where and as whom to join.
struct Place {
  std::string address;
  uint16_t port;
  bool serves;
  std::string name;
  std::string interface;
  int rank;
  int size;
};

milliseconds left(Clock::time_point deadline) {
  return std::max(std::chrono::duration_cast<milliseconds>(deadline - Clock::now()), milliseconds(1));
}

c10::intrusive_ptr<c10d::Store> store_at(const Place& place, Clock::time_point deadline) {
  c10d::TCPStoreOptions options;
  options.port = place.port;
  options.isServer = place.serves;
  options.numWorkers = place.size;
  options.waitWorkers = false;
  while (true) {
    // Where nobody listens, c10d takes up to three times as long as it is told to: it tries each kind of address for the
    // whole time, and all of it again if a server went away in between.
    options.timeout = place.serves ? left(deadline) : std::clamp(left(deadline) / 3, milliseconds(200), milliseconds(10000));
    try {
      return c10::make_intrusive<c10d::TCPStore>(place.address, options);
    } catch (const c10::DistError& error) {
      if (place.serves) {
        throw;
      }
      if (Clock::now() >= deadline) {
        // The time that c10d speaks of is that of its last attempt.
        const std::string reason = error.what_without_backtrace();
        throw std::runtime_error(reason.find("timed out") == std::string::npos ? reason : "nobody answers there");
      }
    }
  }
}

// What is being waited for, for who gives up waiting.
using Stage = std::shared_ptr<std::atomic<const char*>>;

std::unique_ptr<Group> meet(const Place& place, Clock::time_point deadline, milliseconds timeout, const Stage& stage) {
  const auto tcp = store_at(place, deadline);
  *stage = "connecting with the others";
  auto store = c10::make_intrusive<c10d::PrefixStore>(place.name, tcp);
  store->setTimeout(left(deadline));
  auto options = c10d::ProcessGroupGloo::Options::create(left(deadline));
  options->devices.push_back(
      place.interface.empty() ? c10d::ProcessGroupGloo::createDefaultDevice()
                              : c10d::ProcessGroupGloo::createDeviceForInterface(place.interface));
  auto gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(store, place.rank, place.size, options);
  store->setTimeout(timeout);
  gloo->setTimeout(timeout);
  return std::unique_ptr<Group>(new Group{store, gloo, {}});
}

// Who carries a tensor: NCCL what is on a GPU, Gloo what is in host memory.
c10d::Backend& carrier(Group* group, const at::Tensor& tensor) {
  if (!tensor.is_cuda()) {
    return *group->gloo;
  }
  TORCH_CHECK(group->nccl, "NCCL was not asked for");
  return *group->nccl;
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
    c10::initLogging();
    const milliseconds timeout(timeout_ms);
    const auto deadline = Clock::now() + timeout;
    const Place place{address, port, serves, name, interface, rank, size};
    // Gloo waits for each of the others in turn, for the whole time each. So that all of it ends in time, it is done by a
    // thread that is left to itself when the time is up; what it still finds goes away with it.
    const auto stage = std::make_shared<std::atomic<const char*>>("looking for the place to meet");
    std::packaged_task<std::unique_ptr<Group>()> task(
        [place, deadline, timeout, stage] { return meet(place, deadline, timeout, stage); });
    auto met = task.get_future();
    std::thread(std::move(task)).detach();
    // A moment more, because what the engine has to say when its own time is up says more.
    if (met.wait_until(deadline + milliseconds(500)) != std::future_status::ready) {
      throw std::runtime_error(std::string("the time was up while it was ") + stage->load());
    }
    *group = met.get().release();
  });
}

void s2s_group_free(Group* group) {
  delete group;
}

int s2s_group_all_reduce(Group* group, at::Tensor* tensor, char** message) {
  return guarded(message, [&] {
    std::vector<at::Tensor> tensors{*tensor};
    carrier(group, *tensor).allreduce(tensors)->wait();
  });
}

int s2s_group_broadcast(Group* group, at::Tensor* tensor, int root, char** message) {
  return guarded(message, [&] {
    std::vector<at::Tensor> tensors{*tensor};
    c10d::BroadcastOptions options;
    options.rootRank = root;
    carrier(group, *tensor).broadcast(tensors, options)->wait();
  });
}

// `gathered` has a first dimension of as many rows as there are processes; `tensor` may be the own row.
int s2s_group_all_gather(Group* group, at::Tensor* gathered, at::Tensor* tensor, char** message) {
  return guarded(message, [&] {
    if (tensor->is_cuda()) {
      carrier(group, *tensor)._allgather_base(*gathered, *tensor)->wait();
      return;
    }
    // Gloo's own way takes the rows together elsewhere and copies them: sent one by one they arrive where they belong.
    const int rank = group->gloo->getRank();
    const int size = group->gloo->getSize();
    std::vector<at::Tensor> rows = gathered->unbind(0);
    rows[rank].copy_(*tensor);
    std::vector<at::Tensor> own{*tensor};
    std::vector<c10::intrusive_ptr<c10d::Work>> works;
    for (int distance = 1; distance < size; ++distance) {
      const int to = (rank + distance) % size;
      const int from = (rank + size - distance) % size;
      std::vector<at::Tensor> row{rows[from]};
      works.push_back(group->gloo->recv(row, from, 0));
      works.push_back(group->gloo->send(own, to, 0));
    }
    for (const auto& work : works) {
      work->wait();
    }
  });
}

// Both have a first dimension of as many rows as there are processes: row j goes to process j, row i comes from process i.
int s2s_group_all_to_all(Group* group, at::Tensor* received, at::Tensor* sent, char** message) {
  return guarded(message, [&] {
    std::vector<int64_t> even;
    carrier(group, *sent).alltoall_base(*received, *sent, even, even)->wait();
  });
}

int s2s_group_barrier(Group* group, char** message) {
  return guarded(message, [&] { group->gloo->barrier()->wait(); });
}
}
