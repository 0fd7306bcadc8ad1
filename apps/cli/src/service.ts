import { readFile } from 'node:fs/promises';

import { type Api, createClient, UnreachableError } from '@vestige/contract';
import type { Command } from 'commander';

import { readConfig } from './config.ts';
import { UsageError } from './exit-code.ts';

export interface ConnectionOptions {
  api?: string;
  tokenFile?: string;
  allowHttp?: true;
}

/** A service, and how to talk to it. */
export interface Service {
  readonly url: string;
  /** Asks and waits for the whole answer, for a while. */
  readonly ask: Api;
  /** Asks for an answer that may take as long as it likes. */
  readonly open: Api;
}

const answerSecondsMax = 60;
const tokenCharactersMax = 4096;

/** The options of every command that talks to a service. No option takes a token: it would show in the process list. */
export function withConnection(command: Command): Command {
  return command
    .option('--api <url>', 'the service (VESTIGE_API, else http://localhost:4000)')
    .option('--token-file <file>', 'API token (else VESTIGE_TOKEN or VESTIGE_TOKEN_FILE)')
    .option('--allow-http', 'send token and answers unencrypted to another machine');
}

export async function connect(options: ConnectionOptions): Promise<Service> {
  const config = readConfig();
  const baseUrl = serviceUrl(options.api ?? config.api, options.allowHttp === true);
  const token = await readToken(options.tokenFile, config);
  const open = createClient({
    baseUrl,
    prepare: (request) =>
      token === null
        ? request
        : { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } },
  });
  return { url: baseUrl, open, ask: inTime(open, baseUrl) };
}

function serviceUrl(text: string, allowHttp: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError('--api takes the address of a service, like https://vestige.example');
  }
  // The text is not repeated: it may hold a password.
  if (url.href !== `${url.origin}/`) {
    throw new UsageError('--api takes scheme, host and port, and nothing else');
  }
  if (url.protocol === 'http:' && !allowHttp && !isLoopback(url.hostname)) {
    throw new UsageError(
      `${url.origin} would be spoken to unencrypted: take https, or say --allow-http`,
    );
  }
  return url.origin;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}

async function readToken(
  file: string | undefined,
  config: ReturnType<typeof readConfig>,
): Promise<string | null> {
  if (file === undefined && config.token !== undefined && config.tokenFile !== undefined) {
    throw new UsageError('set either VESTIGE_TOKEN or VESTIGE_TOKEN_FILE');
  }
  const from = file ?? config.tokenFile;
  const text = from === undefined ? config.token : await readFile(from, 'utf8');
  if (text === undefined) return null;
  const token = text.trim();
  // A header takes no other characters; nor is a wrong file's text to be sent or shown.
  if (token.length > tokenCharactersMax || !/^[\x21-\x7e]+$/.test(token)) {
    throw new UsageError(`${from ?? 'VESTIGE_TOKEN'} holds no token`);
  }
  return token;
}

function inTime(api: Api, url: string): Api {
  return async (endpoint, input, { signal } = {}) => {
    const late = AbortSignal.timeout(answerSecondsMax * 1000);
    try {
      return await api(endpoint, input, {
        signal: signal ? AbortSignal.any([signal, late]) : late,
      });
    } catch (error) {
      if (!late.aborted) throw error;
      throw new UnreachableError(`${url} did not answer in ${answerSecondsMax} s.`);
    }
  };
}
