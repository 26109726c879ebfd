#!/usr/bin/env python3
"""Traffic for the network samples.

  echo PORT                    answers each UDP datagram with the same bytes, until killed
  udp HOST PORT COUNT          sends COUNT datagrams of 16 to 600 bytes, 5 ms apart, and reads the answers
  vlan INTERFACE ID COUNT      sends COUNT frames with an 802.1Q tag: an ARP request, then UDP in IPv4
  wire NS_A TUN_A NS_B TUN_B   joins two tun devices; doubles, delays or drops a packet now and then, always the same ones
"""
import ctypes
import fcntl
import os
import random
import select
import socket
import struct
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


def echo(port):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        server.bind(("::", port))
        while True:
            data, peer = server.recvfrom(65535)
            try:
                server.sendto(data, peer)
            except OSError:
                pass  # There is no way back for now.


def udp(host, port, count):
    chance = random.Random(1)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(0.2)
        for index in range(count):
            client.sendto(index.to_bytes(4, "big") * (chance.randint(16, 600) // 4), (host, port))
            try:
                client.recv(65535)
            except TimeoutError:
                pass
            time.sleep(0.005)


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def vlan(interface, vid, count):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((interface, 0))
        source = raw.getsockname()[4]
        here, there = socket.inet_aton("10.78.0.1"), socket.inet_aton("10.78.0.2")
        tag = struct.pack("!HH", 0x8100, 3 << 13 | vid)
        arp = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, source, here, b"\0" * 6, there)
        raw.send(b"\xff" * 6 + source + tag + b"\x08\x06" + arp)
        for index in range(count - 1):
            payload = b"tagged " * (4 + index)
            datagram = struct.pack("!HHHH", 4000, 4001, 8 + len(payload), 0) + payload
            head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), index, 0, 64, 17, 0, here, there)
            head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
            raw.send(b"\x02\0\0\0\0\x02" + source + tag + b"\x08\0" + head + datagram)
            time.sleep(0.01)


def open_tun(namespace, name):
    libc = ctypes.CDLL(None, use_errno=True)
    handle = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if libc.setns(handle, 0) != 0:
        raise OSError(ctypes.get_errno(), namespace)
    os.close(handle)
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return tun


def wire(namespace_a, name_a, namespace_b, name_b):
    ends = [open_tun(namespace_a, name_a), open_tun(namespace_b, name_b)]
    chance = random.Random(7)
    waiting = []
    while True:
        now = time.monotonic()
        for item in sorted(item for item in waiting if item[0] <= now):
            waiting.remove(item)
            try:
                os.write(item[1], item[2])
            except OSError:
                pass  # The device is down.
        pause = min((item[0] for item in waiting), default=now + 1) - now
        for end in select.select(ends, [], [], max(pause, 0))[0]:
            packet = os.read(end, 65535)
            other = ends[1] if end == ends[0] else ends[0]
            luck = chance.random()
            now = time.monotonic()
            if luck < 0.05:
                continue
            waiting.append((now + (0.25 if luck > 0.9 else 0.002), other, packet))
            if 0.05 <= luck < 0.12:
                waiting.append((now + 0.004, other, packet))


if __name__ == "__main__":
    command, *words = sys.argv[1:]
    {"echo": echo, "udp": udp, "vlan": vlan, "wire": wire}[command](
        *[int(word) if word.isdigit() else word for word in words]
    )
