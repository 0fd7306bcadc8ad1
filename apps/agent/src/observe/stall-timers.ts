import koffi from 'koffi';

/**
 * Timers of the kernel against an agent that does not run while a reader may wait. The first makes one go on that somebody
 * stopped, and does nothing to one that is merely slow. The second kills one that cannot go on, as when it is frozen or
 * traced: with the process its fanotify groups end, and every held reader goes on.
 */
export interface StallTimers {
  /** Name the timers to all threads. */
  readonly ids: readonly bigint[];
  /** Says that the agent runs, and for how long a reader may have been waiting already. */
  postpone(waitedMilliseconds: number): void;
  /** Kills unless it is postponed within the bound. */
  killAtBound(): void;
  end(): void;
}

/** Of the bound, when the agent is made to go on: the rest is for it to let the readers go. */
const continueAtPart = 0.75;
/** Of the bound, when it is killed. A slow guest, or a busy host, keeps an agent from running for some seconds at times. */
const killAtPart = 5;

const clockMonotonic = 1;
const signals = { continue: 18, kill: 9 };
/** linux/time.h, asm-generic/siginfo.h: sigevent is padded to 64 bytes, and SIGEV_SIGNAL is 0. */
const eventBytes = 64;
const signalOffset = 8;
const timeBytes = 32;
const valueOffset = 16;

/** The timers, or those that another thread opened and named. Null where the C library has none. */
export function openStallTimers(
  holdMilliseconds: number,
  ids: readonly bigint[] = [],
): StallTimers | null {
  const calls = bindTimerCalls();
  if (calls === null) return null;
  const continues = ids[0] ?? calls.create(signals.continue);
  const kills = ids[1] ?? calls.create(signals.kill);
  if (continues === null || kills === null) return null;
  return {
    ids: [continues, kills],
    postpone: (waited) => {
      calls.set(continues, holdMilliseconds * continueAtPart - waited);
      calls.set(kills, holdMilliseconds * killAtPart - waited);
    },
    killAtBound: () => calls.set(kills, holdMilliseconds),
    end: () => {
      for (const timer of [continues, kills]) calls.end(timer);
    },
  };
}

type TimerCalls = {
  create(signal: number): bigint | null;
  /** At least one millisecond: none would end the timer. */
  set(timer: bigint, milliseconds: number): void;
  end(timer: bigint): void;
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
      create: (signal) => {
        const event = Buffer.alloc(eventBytes);
        event.writeInt32LE(signal, signalOffset);
        const timer = Buffer.alloc(8);
        return Number(create(clockMonotonic, event, timer)) === 0 ? timer.readBigInt64LE() : null;
      },
      set: (timer, milliseconds) => {
        setTime(timer, 0, timeOf(Math.max(1, Math.floor(milliseconds))), null);
      },
      end: (timer) => void end(timer),
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
