"""What eBPF and seccomp forbid, without a library: bpf(2) and prctl(2) by ctypes.

deny.py cgroup PATH deny PORT          keeps the processes of a cgroup from connecting to a port (EPERM)
deny.py cgroup PATH free               lets them again
deny.py seccomp COMMAND [ARGUMENT...]  runs a command whose every connect(2) fails with EPERM
"""

import ctypes
import os
import socket
import struct
import sys

libc = ctypes.CDLL(None, use_errno=True)
machine = os.uname().machine
SYS_BPF = {"x86_64": 321, "aarch64": 280}[machine]
SYS_CONNECT = {"x86_64": 42, "aarch64": 203}[machine]
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[machine]

# include/uapi/linux/bpf.h
BPF_PROG_LOAD, BPF_PROG_ATTACH, BPF_PROG_DETACH = 5, 8, 9
BPF_PROG_TYPE_CGROUP_SOCK_ADDR = 18
CONNECT_ATTACH_TYPES = (10, 11)  # BPF_CGROUP_INET4_CONNECT, BPF_CGROUP_INET6_CONNECT
USER_PORT_OFFSET = 24  # struct bpf_sock_addr


def check(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    return check(libc.syscall(SYS_BPF, command, buffer, len(attributes)))


def deny_program(port, attach_type):
    """r2 = context.user_port; return r2 != port"""

    def instruction(code, destination, source, offset, value):
        return struct.pack("<BBhi", code, destination | (source << 4), offset, value)

    program = b"".join(
        [
            instruction(0x61, 2, 1, USER_PORT_OFFSET, 0),
            instruction(0xB7, 0, 0, 0, 1),
            instruction(0x55, 2, 0, 1, socket.htons(port)),
            instruction(0xB7, 0, 0, 0, 0),
            instruction(0x95, 0, 0, 0, 0),
        ]
    )
    code = ctypes.create_string_buffer(program, len(program))
    licence = ctypes.create_string_buffer(b"GPL")
    attributes = struct.pack(
        "<IIQQIIQII16sII",
        BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
        len(program) // 8,
        ctypes.addressof(code),
        ctypes.addressof(licence),
        *(0, 0, 0, 0, 0, b"", 0),
        attach_type,
    )
    return bpf(BPF_PROG_LOAD, attributes)


def change_cgroup(path, what, port=None):
    group = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    for attach_type in CONNECT_ATTACH_TYPES:
        command = BPF_PROG_DETACH if what == "free" else BPF_PROG_ATTACH
        program = 0 if what == "free" else deny_program(int(port), attach_type)
        bpf(command, struct.pack("<IIIIII", group, program, attach_type, 0, 0, 0))


def run_without_connect(command):
    PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
    ALLOW, EPERM = 0x7FFF0000, 0x00050000 | 1
    # struct seccomp_data: the system call's number, then the architecture.
    lines = [
        (0x20, 0, 0, 4),
        (0x15, 0, 3, AUDIT_ARCH),
        (0x20, 0, 0, 0),
        (0x15, 0, 1, SYS_CONNECT),
        (0x06, 0, 0, EPERM),
        (0x06, 0, 0, ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *line) for line in lines))
    program = ctypes.create_string_buffer(struct.pack("<HxxxxxxQ", len(lines), ctypes.addressof(code)))
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    check(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0))
    os.execvp(command[0], command)


if sys.argv[1] == "seccomp":
    run_without_connect(sys.argv[2:])
else:
    change_cgroup(*sys.argv[2:])
