import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A started program of ours. */
export interface Child {
  readonly name: string;
  readonly process: ChildProcess;
  /** Resolves with what the matching line of its output captured. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
}

/** How a child ended that nobody had told to. */
export interface Ending {
  readonly name: string;
  /** A signal's name or an exit code, in words. */
  readonly how: string;
  readonly log: string;
  readonly livedMilliseconds: number;
  /** Starts the same program anew, with the same arguments and environment. */
  readonly again: () => Child;
}

/** Where the programs are, wherever we were started. */
const root = fileURLToPath(new URL('../..', import.meta.url));

/** How long a child may take to end by itself before it is killed. */
const graceMilliseconds = 10_000;

/** Starts programs, keeps their output in files, and ends every one of them. */
export class Children {
  readonly #started: Child[] = [];
  readonly #logDir: string;
  #stopping = false;
  readonly #onUnexpectedEnd: (ending: Ending) => void;

  constructor(logDir: string, onUnexpectedEnd: (ending: Ending) => void) {
    this.#logDir = logDir;
    this.#onUnexpectedEnd = onUnexpectedEnd;
    mkdirSync(logDir, { recursive: true, mode: 0o700 });
  }

  /** Starts a Node program; it dies with us or by `stop`. */
  start(name: string, args: readonly string[], env: Record<string, string> = {}): Child {
    const log = join(this.#logDir, `${name}.log`);
    const file = createWriteStream(log, { flags: 'a', mode: 0o600 });
    const startedAt = performance.now();
    // A group of its own: Ctrl-C in the terminal reaches only us, and we end the children in order.
    const program = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    program.stdout.pipe(file, { end: false });
    program.stderr.pipe(file, { end: false });
    program.once('exit', (code, signal) => {
      if (this.#stopping) return;
      const how = signal ?? `exit code ${code}`;
      const livedMilliseconds = performance.now() - startedAt;
      const again = (): Child => this.start(name, args, env);
      this.#onUnexpectedEnd({ name, how, log, livedMilliseconds, again });
    });
    const child: Child = {
      name,
      process: program,
      line: (pattern) => lineOf(program, pattern, name, log),
    };
    this.#keep(child);
    return child;
  }

  /** What is started again keeps its place in the order of ending: others may need it until then. */
  #keep(child: Child): void {
    const index = this.#started.findIndex(({ name }) => name === child.name);
    if (index === -1) this.#started.push(child);
    else this.#started[index] = child;
  }

  /** Ends all children, the last started first, and waits until they are gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const child of this.#started.toReversed()) await end(child.process);
  }
}

async function lineOf(
  child: ChildProcess,
  pattern: RegExp,
  name: string,
  log: string,
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let text = '';
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const found = pattern.exec(text);
      if (found === null) return;
      // The output goes on for as long as the program lives; it must not be kept for that long.
      child.stdout?.off('data', read);
      child.stderr?.off('data', read);
      resolve(found);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', () => reject(new Error(`${name} ended before it was ready; see ${log}`)));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMilliseconds);
  await ended;
  clearTimeout(timer);
}
