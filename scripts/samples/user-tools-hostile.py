#!/usr/bin/env python3
"""user-tools-hostile.py FOLDER: archives that GNU tar and Info-ZIP do not write, by Python's tarfile and zipfile."""
import io
import os
import struct
import sys
import tarfile
import warnings
import zipfile
import zlib

folder = sys.argv[1]
tarfile.RECORDSIZE = 2 * tarfile.BLOCKSIZE  # No padding to 10 KiB.
text = b"tick,t_us\n0,0\n"


def path(name):
    return os.path.join(folder, name)


def tar(name, *members):
    with tarfile.open(path(name), "w", format=tarfile.GNU_FORMAT) as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(text) if member.isreg() else None)


def entry(name, kind=tarfile.REGTYPE, link="", **more):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    member.size = len(text) if kind == tarfile.REGTYPE else 0
    for key, value in more.items():
        setattr(member, key, value)
    return member


def stored(name, mode=0o100644):
    member = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
    member.create_system, member.external_attr = 3, mode << 16
    return member


tar("tar-symlink-then-file.tar", entry("out", tarfile.SYMTYPE, "/tmp"), entry("out/escaped.csv"))
tar("tar-hard-link-outside.tar", entry("ticks.csv", tarfile.LNKTYPE, "/etc/passwd"))
tar("tar-devices.tar", entry("null", tarfile.CHRTYPE, devmajor=1, devminor=3), entry("disk", tarfile.BLKTYPE, devmajor=8),
    entry("pipe", tarfile.FIFOTYPE))
tar("tar-same-name-twice.tar", entry("ticks.csv"), entry("ticks.csv"))
tar("tar-newline-and-dash-in-name.tar", entry("a\nb.csv"), entry("-rf.csv"))
tar("tar-long-name.tar", entry("d/" * 400 + "ticks.csv"))

with open(path("tar-size-lies.tar"), "wb") as file:
    header = entry("ticks.csv", size=1 << 33).tobuf(tarfile.GNU_FORMAT)
    file.write(header + text.ljust(512, b"\0"))
with open(path("tar-bad-checksum.tar"), "wb") as file:
    header = bytearray(entry("ticks.csv").tobuf(tarfile.GNU_FORMAT))
    header[0] ^= 1
    file.write(bytes(header) + text.ljust(512, b"\0") + bytes(1024))

with zipfile.ZipFile(path("zip-dot-dot.zip"), "w") as archive:
    archive.writestr(stored("../escape.csv"), text)
    archive.writestr(stored("..\\escape.csv"), text)
with zipfile.ZipFile(path("zip-absolute.zip"), "w") as archive:
    archive.writestr(stored("/tmp/escape.csv"), text)
    archive.writestr(stored("C:/escape.csv"), text)
with zipfile.ZipFile(path("zip-same-name-twice.zip"), "w") as archive:
    archive.writestr(stored("ticks.csv"), text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr(stored("ticks.csv"), text * 2)
with zipfile.ZipFile(path("zip-symlink-then-file.zip"), "w") as archive:
    archive.writestr(stored("out", 0o120777), b"/tmp")
    archive.writestr(stored("out/escaped.csv"), text)

# A sound zip, then sizes and checksums in its headers changed by hand.
buffer = io.BytesIO()
with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
    member = stored("ticks.csv")
    member.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(member, text * 1000)
sound = buffer.getvalue()
central = sound.index(b"PK\x01\x02")


def changed(name, *patches):
    data = bytearray(sound)
    for offset, value in patches:
        struct.pack_into("<I", data, offset, value)
    with open(path(name), "wb") as file:
        file.write(data)


changed("zip-says-too-little.zip", (22, 10), (central + 24, 10))
changed("zip-says-too-much.zip", (22, 1 << 30), (central + 24, 1 << 30))
changed("zip-headers-disagree.zip", (22, 10))
changed("zip-bad-checksum.zip", (14, 1), (central + 16, 1))
changed("zip-central-directory-elsewhere.zip", (sound.index(b"PK\x05\x06") + 16, 1 << 30))

# 200 entries of the central directory that share the bytes of one file: a bomb without nesting.
big = zlib.compressobj(9, zlib.DEFLATED, -15)
zeros = bytes(8 << 20)
packed = big.compress(zeros) + big.flush()
names = [b"a%03d.csv" % index for index in range(200)]
local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0x5C21, zlib.crc32(zeros), len(packed), len(zeros), 8, 0)
body = local + names[0] + packed
listing = b"".join(
    struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0x5C21, zlib.crc32(zeros), len(packed), len(zeros), 8, 0, 0,
                0, 0, 0, 0) + name
    for name in names
)
end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(names), len(names), len(listing), len(body), 0)
with open(path("zip-overlapping-bomb.zip"), "wb") as file:
    file.write(body + listing + end)
with open(path("zip-encrypted-flag.zip"), "wb") as file:
    data = bytearray(sound)
    data[6] |= 1
    data[central + 8] |= 1
    file.write(data)
