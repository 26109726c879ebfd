// A virtual machine without QEMU: real-mode code over /dev/kvm, so that every KVM tracepoint has a known cause.
//   vm ROUNDS
// A round writes 64 pages, reads and writes an MMIO address, does port I/O, runs CPUID and RDMSR, halts, and is woken by
// an interrupt from line 4 (even rounds) or by an MSI (odd rounds). The dirty log is on and is read after each round, so
// that every round faults again. The last line says what userspace saw.
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RAM = 0x90000, CODE = 0x1000, VECTOR = 0x20, MMIO = 0xd0000, DONE_PORT = 0x80, HALT_PORT = 0x81 };

// Interrupt controller: vectors from 0x20, only line 4 open. The counter of interrupts is at 0:0x500.
asm(".section .rodata\n.code16\n.globl code_start, code_end\n"
    "code_start:\n"
    "  cli\n xor %ax,%ax\n mov %ax,%ds\n mov %ax,%ss\n mov $0xf00,%sp\n"
    "  movw $(handler - code_start + 0x1000),0x90\n movw $0,0x92\n" // vector 0x24
    "  movw $(handler - code_start + 0x1000),0xc0\n movw $0,0xc2\n" // vector 0x30, by MSI
    "  mov $0x11,%al\n out %al,$0x20\n mov $0x20,%al\n out %al,$0x21\n mov $4,%al\n out %al,$0x21\n"
    "  mov $3,%al\n out %al,$0x21\n mov $0xef,%al\n out %al,$0x21\n"
    "round:\n"
    "  mov $0x1000,%bx\n mov $64,%cx\n"
    "1: mov %bx,%es\n incb %es:0\n add $0x100,%bx\n loop 1b\n"
    "  mov $0xd000,%bx\n mov %bx,%es\n mov %es:0x10,%eax\n mov %eax,%es:0x14\n"
    "  mov $0x42,%al\n mov $0x3f8,%dx\n out %al,%dx\n in %dx,%al\n"
    "  mov $1,%eax\n cpuid\n mov $0x1b,%ecx\n rdmsr\n"
    "  mov $0,%al\n out %al,$0x81\n sti\n hlt\n cli\n"
    "  out %al,$0x80\n jmp round\n"
    "handler:\n incw 0x500\n mov $0x20,%al\n out %al,$0x20\n iret\n"
    "code_end:\n.code64\n.previous\n");
extern const char code_start[], code_end[];

static int machine;
static int wake[2];

static void check(int ok, const char *what) {
  if (!ok) {
    perror(what);
    exit(1);
  }
}

// Wakes the halted VCPU, a few milliseconds after it said that it would halt.
static void *waker(void *unused) {
  char kind;
  while (read(wake[0], &kind, 1) == 1) {
    usleep(5000);
    if (kind) {
      struct kvm_msi msi = {.address_lo = 0xfee00000, .data = 0x30};
      check(ioctl(machine, KVM_SIGNAL_MSI, &msi) >= 0, "KVM_SIGNAL_MSI");
    } else {
      struct kvm_irq_level line = {.irq = 4, .level = 1};
      check(ioctl(machine, KVM_IRQ_LINE, &line) == 0, "KVM_IRQ_LINE");
      line.level = 0;
      check(ioctl(machine, KVM_IRQ_LINE, &line) == 0, "KVM_IRQ_LINE");
    }
  }
  return unused;
}

// The local APIC is switched on here because real-mode code cannot reach its page; LINT0 passes the PIC's interrupts.
static void apic_on(int vcpu) {
  struct kvm_lapic_state apic;
  check(ioctl(vcpu, KVM_GET_LAPIC, &apic) == 0, "KVM_GET_LAPIC");
  uint32_t spurious = 0x1ff, lint0 = 0x700;
  memcpy(apic.regs + 0xf0, &spurious, 4);
  memcpy(apic.regs + 0x350, &lint0, 4);
  check(ioctl(vcpu, KVM_SET_LAPIC, &apic) == 0, "KVM_SET_LAPIC");
}

int main(int count, char **word) {
  int rounds = count > 1 ? atoi(word[1]) : 4;
  int kvm = open("/dev/kvm", O_RDWR);
  check(kvm >= 0, "/dev/kvm");
  machine = ioctl(kvm, KVM_CREATE_VM, 0);
  check(machine >= 0, "KVM_CREATE_VM");
  ioctl(machine, KVM_SET_TSS_ADDR, 0xfffbd000ul);
  check(ioctl(machine, KVM_CREATE_IRQCHIP, 0) == 0, "KVM_CREATE_IRQCHIP");
  char *ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  memcpy(ram + CODE, code_start, code_end - code_start);
  struct kvm_userspace_memory_region slot = {
      .flags = KVM_MEM_LOG_DIRTY_PAGES, .memory_size = RAM, .userspace_addr = (uint64_t)ram};
  check(ioctl(machine, KVM_SET_USER_MEMORY_REGION, &slot) == 0, "KVM_SET_USER_MEMORY_REGION");
  int vcpu = ioctl(machine, KVM_CREATE_VCPU, 0);
  check(vcpu >= 0, "KVM_CREATE_VCPU");
  struct {
    struct kvm_cpuid2 head;
    struct kvm_cpuid_entry2 entries[100];
  } cpuid = {.head.nent = 100};
  check(ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &cpuid) == 0, "KVM_GET_SUPPORTED_CPUID");
  check(ioctl(vcpu, KVM_SET_CPUID2, &cpuid) == 0, "KVM_SET_CPUID2");
  apic_on(vcpu);
  struct kvm_run *run =
      mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
  struct kvm_sregs sregs;
  ioctl(vcpu, KVM_GET_SREGS, &sregs);
  sregs.cs.base = sregs.cs.selector = 0;
  check(ioctl(vcpu, KVM_SET_SREGS, &sregs) == 0, "KVM_SET_SREGS");
  struct kvm_regs regs = {.rip = CODE, .rflags = 2};
  check(ioctl(vcpu, KVM_SET_REGS, &regs) == 0, "KVM_SET_REGS");

  pthread_t thread;
  check(pipe(wake) == 0, "pipe");
  pthread_create(&thread, NULL, waker, NULL);
  uint64_t dirty[(RAM / 4096 + 63) / 64];
  int round = 0, dirty_pages = 0, pio = 0, mmio = 0;
  while (round < rounds) {
    check(ioctl(vcpu, KVM_RUN, 0) == 0, "KVM_RUN");
    if (run->exit_reason == KVM_EXIT_MMIO) {
      mmio++;
      if (!run->mmio.is_write) memcpy(run->mmio.data, "\x78\x56\x34\x12", 4);
    } else if (run->exit_reason == KVM_EXIT_IO) {
      pio++;
      if (run->io.port == HALT_PORT) {
        char kind = round & 1;
        check(write(wake[1], &kind, 1) == 1, "write");
      } else if (run->io.port == DONE_PORT) {
        struct kvm_dirty_log log = {.dirty_bitmap = dirty};
        check(ioctl(machine, KVM_GET_DIRTY_LOG, &log) == 0, "KVM_GET_DIRTY_LOG");
        for (unsigned i = 0; i < sizeof dirty / 8; i++) dirty_pages += __builtin_popcountll(dirty[i]);
        round++;
      }
    } else {
      fprintf(stderr, "exit reason %d\n", run->exit_reason);
      return 1;
    }
  }
  printf("rounds %d, interrupts %d, port accesses %d, MMIO accesses %d, dirty pages %d\n", round,
         *(uint16_t *)(ram + 0x500), pio, mmio, dirty_pages);
  return 0;
}
