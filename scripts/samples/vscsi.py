#!/usr/bin/env python3
"""Writes small vscsi traces from the published record layout: no tool that writes them is at hand.

scripts/samples/vscsi.py
"""
import pathlib
import struct

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "traces/samples/vscsi/1"
# Operation codes: WRITE(10), READ(10), READ(16), WRITE(16), SYNCHRONIZE CACHE(10), TEST UNIT READY.
COMMANDS = [0x2A, 0x28, 0x88, 0x8A, 0x35, 0x00]


def requests():
    state = 12345
    time_us = 5_633_898_368_802
    for serial in range(300):
        state = (state * 1103515245 + 12345) % 2**31
        command = COMMANDS[0 if state % 3 == 0 else state % len(COMMANDS)]
        length = 0 if command in (0x35, 0x00) else 512 * (1 + state // 7 % 128)
        # Now and then a request that was issued before one that stands in front of it.
        time_us += state // 11 % 40_000 - (500 if serial % 50 == 49 else 0)
        yield serial, command, length, state % 80_000_000, time_us, 100 + state // 13 % 9000


FOLDER.mkdir(parents=True, exist_ok=True)
rows = list(requests())
with open(FOLDER / "disk.vscsi1", "wb") as file:
    for serial, command, length, sector, time_us, _ in rows:
        file.write(struct.pack("<IIIHHQQ", serial, length, 1, command, 1 << 8, sector, time_us))
with open(FOLDER / "disk.vscsi2", "wb") as file:
    for serial, command, length, sector, time_us, response_us in rows:
        file.write(struct.pack("<HHIIIQQQ", command, 2 << 8, serial, length, 1, sector, time_us, response_us))
with open(FOLDER / "disk.csv", "w") as file:
    file.write("version,time,op,size,lbn\n")
    for _, command, length, sector, time_us, _ in rows:
        file.write(f"1,{time_us},{command:x},{length},{sector}\n")
