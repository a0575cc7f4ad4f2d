//! The only unsafe code of this crate: calls of the C interface in `shim/group.cpp`.

#![expect(unsafe_code, reason = "a C++ library is called; every call is here")]

use std::{
    ffi::{CStr, CString, c_char, c_int},
    ptr,
};

use tch::Tensor;
use torch_sys::C_tensor;

/// c10d's group behind its C face.
#[repr(C)]
struct Opaque {
    _private: [u8; 0],
}

unsafe extern "C" {
    fn s2s_group_new(
        address: *const c_char,
        port: u16,
        serves: bool,
        name: *const c_char,
        interface: *const c_char,
        rank: c_int,
        size: c_int,
        timeout_ms: i64,
        group: *mut *mut Opaque,
        message: *mut *mut c_char,
    ) -> c_int;
    fn s2s_group_free(group: *mut Opaque);
    fn s2s_group_all_reduce(group: *mut Opaque, tensor: *mut C_tensor, message: *mut *mut c_char) -> c_int;
    fn s2s_group_broadcast(group: *mut Opaque, tensor: *mut C_tensor, root: c_int, message: *mut *mut c_char) -> c_int;
    fn s2s_group_all_gather(
        group: *mut Opaque,
        gathered: *mut C_tensor,
        tensor: *mut C_tensor,
        message: *mut *mut c_char,
    ) -> c_int;
    fn s2s_group_all_to_all(
        group: *mut Opaque,
        received: *mut C_tensor,
        sent: *mut C_tensor,
        message: *mut *mut c_char,
    ) -> c_int;
    fn s2s_group_barrier(group: *mut Opaque, message: *mut *mut c_char) -> c_int;
    #[cfg(nccl)]
    fn s2s_group_add_nccl(group: *mut Opaque, timeout_ms: i64, message: *mut *mut c_char) -> c_int;
    fn free(pointer: *mut std::ffi::c_void);
}

/// Whether this build can carry tensors on GPUs.
pub(crate) const NCCL: bool = cfg!(nccl);

/// Where, as whom and how to join.
pub(crate) struct Joining<'j> {
    pub(crate) address: &'j str,
    pub(crate) port: u16,
    pub(crate) serves: bool,
    pub(crate) name: &'j str,
    pub(crate) interface: &'j str,
    pub(crate) rank: usize,
    pub(crate) size: usize,
    pub(crate) timeout_ms: i64,
}

/// An owned group; errors are what the engine said.
#[derive(Debug)]
pub(crate) struct Handle(ptr::NonNull<Opaque>);

// SAFETY: the group has no ties to the thread that made it; `Handle` is not `Sync`, so one thread calls it at a time.
unsafe impl Send for Handle {}

impl Handle {
    pub(crate) fn join(joining: &Joining<'_>) -> Result<Self, String> {
        let text = |text: &str| CString::new(text).map_err(|_| "a name contains a zero byte".to_owned());
        let (address, name, interface) = (text(joining.address)?, text(joining.name)?, text(joining.interface)?);
        let number = |n: usize| c_int::try_from(n).map_err(|_| "too many processes".to_owned());
        let (rank, size) = (number(joining.rank)?, number(joining.size)?);
        let mut group = ptr::null_mut();
        // SAFETY: the strings outlive the call, and `group` is written before 0 is returned.
        checked(|message| unsafe {
            s2s_group_new(
                address.as_ptr(),
                joining.port,
                joining.serves,
                name.as_ptr(),
                interface.as_ptr(),
                rank,
                size,
                joining.timeout_ms,
                &raw mut group,
                message,
            )
        })?;
        ptr::NonNull::new(group).map(Self).ok_or_else(|| "the engine made no group".to_owned())
    }

    pub(crate) fn all_reduce(&self, tensor: &mut Tensor) -> Result<(), String> {
        // SAFETY: group and tensor are alive, and the tensor is borrowed for the whole call.
        checked(|message| unsafe { s2s_group_all_reduce(self.0.as_ptr(), tensor.as_mut_ptr(), message) })
    }

    pub(crate) fn broadcast(&self, tensor: &mut Tensor, root: usize) -> Result<(), String> {
        let root = c_int::try_from(root).map_err(|_| "there is no such process".to_owned())?;
        // SAFETY: as above.
        checked(|message| unsafe { s2s_group_broadcast(self.0.as_ptr(), tensor.as_mut_ptr(), root, message) })
    }

    /// `gathered` has one more dimension than `tensor`, the first, with a row per process.
    pub(crate) fn all_gather(&self, gathered: &mut Tensor, tensor: &Tensor) -> Result<(), String> {
        // SAFETY: as above; the input is only read.
        checked(|message| unsafe {
            s2s_group_all_gather(self.0.as_ptr(), gathered.as_mut_ptr(), tensor.as_ptr().cast_mut(), message)
        })
    }

    /// Both have a row per process.
    pub(crate) fn all_to_all(&self, received: &mut Tensor, sent: &Tensor) -> Result<(), String> {
        // SAFETY: as above.
        checked(|message| unsafe {
            s2s_group_all_to_all(self.0.as_ptr(), received.as_mut_ptr(), sent.as_ptr().cast_mut(), message)
        })
    }

    /// From now on tensors on GPUs are sent, too.
    #[cfg(nccl)]
    pub(crate) fn add_nccl(&self, timeout_ms: i64) -> Result<(), String> {
        // SAFETY: the group is alive, and no other thread calls it meanwhile: `Handle` is not `Sync`.
        checked(|message| unsafe { s2s_group_add_nccl(self.0.as_ptr(), timeout_ms, message) })
    }

    /// Why it cannot be.
    #[cfg(not(nccl))]
    #[expect(clippy::unused_self, reason = "the same face with and without NCCL")]
    pub(crate) fn add_nccl(&self, _timeout_ms: i64) -> Result<(), String> {
        Err(env!("S2S_WITHOUT_NCCL").to_owned())
    }

    pub(crate) fn barrier(&self) -> Result<(), String> {
        // SAFETY: the group is alive.
        checked(|message| unsafe { s2s_group_barrier(self.0.as_ptr(), message) })
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the group was made by `s2s_group_new` and is freed once.
        unsafe { s2s_group_free(self.0.as_ptr()) }
    }
}

fn checked(call: impl FnOnce(*mut *mut c_char) -> c_int) -> Result<(), String> {
    let mut message = ptr::null_mut();
    if call(&raw mut message) == 0 {
        return Ok(());
    }
    if message.is_null() {
        return Err("the engine gave no reason".to_owned());
    }
    // SAFETY: the message is a C string that `strdup` made and that has no other owner.
    let text = unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned();
    // SAFETY: the same.
    unsafe { free(message.cast()) };
    Err(text)
}
