// A C face of c10d's ProcessGroupNCCL; compiled only against a libtorch that has its CUDA library.

#define USE_C10D_NCCL

#include <chrono>
#include <cstdint>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include "group.h"

extern "C" int s2s_group_add_nccl(Group* group, int64_t timeout_ms, char** message) {
  return guarded(message, [&] {
    auto options = c10d::ProcessGroupNCCL::Options::create();
    options->timeout = std::chrono::milliseconds(timeout_ms);
    auto store = c10::make_intrusive<c10d::PrefixStore>("nccl", group->store);
    group->nccl = c10::make_intrusive<c10d::ProcessGroupNCCL>(
        store, group->gloo->getRank(), group->gloo->getSize(), options);
  });
}
