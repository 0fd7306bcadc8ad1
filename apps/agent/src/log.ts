/** One line for each notable thing, to the service manager's log. Never content of a secret. */
export type Log = (message: string) => void;

export const logToStderr: Log = (message) => {
  process.stderr.write(`vestige-agent: ${message}\n`);
};
