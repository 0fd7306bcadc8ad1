import { chmod, type FileHandle, open, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

import { AgentError, causeOf, errnoOf } from '../agent-error.ts';
import type { Log } from '../log.ts';
import { type LocalWiper, Target, WipeAnswer } from './wipe-request.ts';

const socketName = 'control.sock';
const requestBytesMax = 64 * 1024;
const answerBytesMax = 16 * 1024 * 1024;
const requestMilliseconds = 10_000;
const answerMilliseconds = 60_000;
const connectionsMax = 8;

export type Answer = (target: Target, isStillAsked: () => boolean) => Promise<WipeAnswer>;

/**
 * Where the running agent takes requests of this guest's root: a socket in its state directory, which nobody else may
 * write. One line of JSON in, one out.
 */
export class ControlSocket {
  readonly #server: Server;
  readonly #directory: FileHandle;
  /** Connections that wait for nothing yet: an end need not wait for them. */
  readonly #idle: ReadonlySet<Socket>;
  #closing: Promise<void> | null = null;

  private constructor(server: Server, directory: FileHandle, idle: ReadonlySet<Socket>) {
    this.#server = server;
    this.#directory = directory;
    this.#idle = idle;
  }

  /** To be called by whoever holds the journal: a socket that is there then is left from an agent that was killed. */
  static async listen(stateDir: string, answer: Answer, log: Log): Promise<ControlSocket> {
    await rm(join(stateDir, socketName), { force: true });
    const directory = await open(stateDir, 'r');
    const idle = new Set<Socket>();
    const server = createServer((socket) => {
      idle.add(socket);
      socket.once('close', () => idle.delete(socket));
      const begin: Answer = (target, isStillAsked) => {
        idle.delete(socket);
        return answer(target, isStillAsked);
      };
      void serve(socket, begin, log);
    });
    server.maxConnections = connectionsMax;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(pathThrough(directory), resolve);
      });
      await chmod(join(stateDir, socketName), 0o600);
    } catch (error) {
      await directory.close();
      throw error;
    }
    server.on('error', (error) => log(`the control socket fails (${causeOf(error)})`));
    return new ControlSocket(server, directory, idle);
  }

  /** Takes no more requests; resolves when those that were begun are answered. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#idle) socket.destroy();
    await closed;
    await this.#directory.close();
  }
}

/** A socket's path may have 107 bytes, which a state directory's may not leave. */
function pathThrough({ fd }: FileHandle): string {
  return `/proc/self/fd/${fd}/${socketName}`;
}

async function serve(socket: Socket, answer: Answer, log: Log): Promise<void> {
  let isAsked = true;
  socket.on('close', () => (isAsked = false));
  try {
    const line = await readLine(socket, requestBytesMax, requestMilliseconds);
    // Whoever ends its side does not wait any more.
    socket.on('end', () => (isAsked = false));
    const target = Target.parse(JSON.parse(line));
    socket.write(`${JSON.stringify(await answer(target, () => isAsked && !socket.destroyed))}\n`);
    socket.destroySoon();
  } catch (error) {
    log(`a local request was not answered (${causeOf(error)})`);
    socket.destroy();
  }
}

/** Asks the agent that runs with this state directory, once; null where none listens there. */
export async function connectToAgent(stateDir: string): Promise<LocalWiper | null> {
  const socket = await connectOnce(stateDir);
  return socket === null ? null : (target) => askAgent(socket, target);
}

async function askAgent(socket: Socket, target: Target): Promise<WipeAnswer> {
  try {
    socket.write(`${JSON.stringify(target)}\n`);
    return WipeAnswer.parse(JSON.parse(await readLine(socket, answerBytesMax, answerMilliseconds)));
  } catch (error) {
    throw noAnswer(causeOf(error));
  } finally {
    socket.destroy();
  }
}

function noAnswer(cause: string): AgentError {
  return new AgentError(
    'state',
    `The running agent did not answer (${cause}). What it did is in its journal; ask again to learn what is still there.`,
  );
}

async function connectOnce(stateDir: string): Promise<Socket | null> {
  const directory = await open(stateDir, 'r');
  try {
    return await new Promise<Socket | null>((resolve, reject) => {
      const socket = connect(pathThrough(directory));
      socket.once('connect', () => resolve(socket));
      socket.once('error', (error) => {
        const code = errnoOf(error) ?? '';
        if (code === 'ENOENT' || code === 'ECONNREFUSED') resolve(null);
        else reject(new AgentError('state', `The running agent cannot be asked: ${code}.`));
      });
    });
  } finally {
    await directory.close();
  }
}

function readLine(socket: Socket, bytesMax: number, milliseconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const fail = (message: string): void => reject(new Error(message));
    socket.setTimeout(milliseconds, () => fail('no answer in time'));
    socket.on('error', reject);
    socket.on('close', () => fail('it was cut off'));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > bytesMax) return fail('it is too long');
      if (!chunk.includes(0x0a)) return;
      socket.setTimeout(0);
      resolve(Buffer.concat(chunks).toString('utf8').split('\n', 1)[0] ?? '');
    });
  });
}
