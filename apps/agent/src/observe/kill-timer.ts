import koffi from 'koffi';

/**
 * A timer of the kernel that kills this process when it is not set anew in time, also where the process is stopped or
 * starved: with the process its fanotify groups end, and every held reader goes on.
 */
export interface KillTimer {
  /** Names the timer to all threads. */
  readonly id: bigint;
  set(milliseconds: number): void;
  end(): void;
}

const clockMonotonic = 1;
const signalKill = 9;
/** linux/time.h, asm-generic/siginfo.h: sigevent is padded to 64 bytes, and SIGEV_SIGNAL is 0. */
const eventBytes = 64;
const signalOffset = 8;
const timeBytes = 32;
const valueOffset = 16;

/** The timer, or the one that another thread opened and named. Null where the C library has none. */
export function openKillTimer(id?: bigint): KillTimer | null {
  const calls = bindTimerCalls();
  if (calls === null) return null;
  const timer = id ?? calls.create();
  return timer === null ? null : { id: timer, ...calls.of(timer) };
}

type TimerCalls = {
  create(): bigint | null;
  of(id: bigint): Pick<KillTimer, 'set' | 'end'>;
};

function bindTimerCalls(): TimerCalls | null {
  try {
    const libc = koffi.load(null);
    const create = libc.func(
      'int timer_create(int clock, const uint8_t *event, _Out_ uint8_t *timer)',
    );
    const setTime = libc.func(
      'int timer_settime(intptr_t timer, int flags, const uint8_t *value, void *old)',
    );
    const end = libc.func('int timer_delete(intptr_t timer)');
    return {
      create: () => {
        const event = Buffer.alloc(eventBytes);
        event.writeInt32LE(signalKill, signalOffset);
        const timer = Buffer.alloc(8);
        return Number(create(clockMonotonic, event, timer)) === 0 ? timer.readBigInt64LE() : null;
      },
      of: (id) => ({
        set: (milliseconds) => void setTime(id, 0, timeOf(milliseconds), null),
        end: () => void end(id),
      }),
    };
  } catch {
    // Before glibc 2.34 timers were in a library of their own. Readers are then not let go where the agent is stopped.
    return null;
  }
}

function timeOf(milliseconds: number): Buffer {
  const time = Buffer.alloc(timeBytes);
  time.writeBigInt64LE(BigInt(Math.floor(milliseconds / 1000)), valueOffset);
  time.writeBigInt64LE(BigInt(milliseconds % 1000) * 1_000_000n, valueOffset + 8);
  return time;
}
