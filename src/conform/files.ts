import { FormatError, pageBytes } from "../base/index.ts";
import { type FileObject, HugetlbMemfd, NullDevice, PipeFile, seal, ShmemFile, ShmemInode } from "../model/index.ts";
import type { Answer } from "./answer.ts";
import type { FileAction, FileCall, ObjectKind } from "./calls.ts";
import type { Places } from "./places.ts";

const memfdByte = 7;
const writtenByte = 9;
const writtenBytes = 64;
const extendedBytes = 8 * pageBytes;

function memfd(seals: number, pages: { readonly sizeBytes: number; readonly writtenPage?: number }): ShmemFile {
  const inode = new ShmemInode();
  inode.truncate(pages.sizeBytes);
  if (pages.writtenPage !== undefined) {
    inode.write({ offsetBytes: pages.writtenPage * pageBytes, bytes: pageBytes }, memfdByte);
  }
  inode.seals = seals;
  return new ShmemFile(inode, { linked: false });
}

/** Page i of n holds bytes 1 + i + n. */
function memfdOfPages(pages: number): ShmemFile {
  const inode = new ShmemInode();
  for (let page = 0; page < pages; page++) {
    inode.write({ offsetBytes: page * pageBytes, bytes: pageBytes }, (1 + page + pages) % 256);
  }
  return new ShmemFile(inode, { linked: false });
}

/** Files as a recorder makes them. `tmpfs` is the one file with a name. */
export function createFile(kind: ObjectKind, pages: number, tmpfs: ShmemInode): FileObject {
  const sealable = { sizeBytes: 0, writtenPage: 0 };
  switch (kind) {
    case "memfd-0":
      return memfd(seal.seal, { sizeBytes: 0 });
    case "memfd-1p":
      return memfd(0, sealable);
    case "memfd-3p-sparse":
      return memfd(seal.seal, { sizeBytes: 3 * pageBytes, writtenPage: 1 });
    case "memfd-sealed":
      return memfd(seal.shrink | seal.grow | seal.write, sealable);
    case "memfd-pages":
      return memfdOfPages(pages);
    case "tmpfs-unlinked":
      return memfd(seal.seal, { sizeBytes: 0 });
    case "pipe":
      return new PipeFile();
    case "devnull":
      return new NullDevice();
    case "tmpfs-file":
      return new ShmemFile(tmpfs, { linked: true });
    case "memfd-hugetlb":
      return new HugetlbMemfd();
  }
}

function changeFile(file: FileObject, action: FileAction): number {
  switch (action) {
    case "write_existing":
      return file.write({ offsetBytes: 0, bytes: writtenBytes }, writtenByte);
    case "extend":
      return file.truncate(extendedBytes);
    case "punch_hole":
      return file.punchHole({ offsetBytes: 0, bytes: pageBytes });
    case "truncate_0":
      return file.truncate(0);
  }
}

function shmemOf(file: FileObject): ShmemFile {
  if (file instanceof ShmemFile) return file;
  throw new FormatError("that is asked of memfds and files on tmpfs only");
}

function answerOnShmem(
  call: Extract<FileCall, { op: "read" | "seek" | "tell" | "add_seals" | "get_seals" }>,
  file: ShmemFile,
): Answer {
  switch (call.op) {
    case "read":
      return { ret: 0, byte: file.inode.byteAt(call.offset) ?? -1 };
    case "seek":
      return { ret: file.seek(call.offset) };
    case "tell":
      return { ret: 0, offset: file.positionBytes };
    case "add_seals":
      return { ret: file.inode.addSeals(call.seals) };
    case "get_seals":
      return { ret: 0, seals: file.inode.seals };
  }
}

/** Answers a call on an open file. Errors: FormatError where the call names a descriptor that is not there. */
export function answerOnFile(call: FileCall, objects: Places<FileObject>): Answer {
  const file = objects.at(call.obj);
  switch (call.op) {
    case "file":
      return { ret: changeFile(file, call.what) };
    case "write": {
      const ret = file.write({ offsetBytes: call.offset, bytes: call.bytes }, call.byte);
      return { ret, written: ret < 0 ? 0 : call.bytes };
    }
    case "resize":
      return { ret: file.truncate(call.size) };
    case "punch":
      return { ret: file.punchHole({ offsetBytes: call.offset, bytes: call.bytes }) };
    case "dup_file":
      return { ret: 0, new_obj: objects.put(file) };
    case "reopen_file": {
      const { inode, linked } = shmemOf(file);
      return { ret: 0, new_obj: objects.put(new ShmemFile(inode, { linked })) };
    }
    case "close_file":
      objects.clear(call.obj);
      return { ret: 0 };
    case "read":
    case "seek":
    case "tell":
    case "add_seals":
    case "get_seals":
      return answerOnShmem(call, shmemOf(file));
  }
}
