import { oneLine } from './agent-error.ts';

/** One line for each notable thing, to the service manager's log. Never content of a secret. */
export type Log = (message: string) => void;

const messageMax = 2000;

export const logToStderr: Log = (message) => {
  process.stderr.write(`vestige-agent: ${oneLine(message, messageMax)}\n`);
};
