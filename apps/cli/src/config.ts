/** What the environment says; a command's own options go before it. */
export interface Config {
  readonly api: string;
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
}

export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  return {
    api: filled(environment['VESTIGE_API']) ?? 'http://localhost:4000',
    token: filled(environment['VESTIGE_TOKEN']),
    tokenFile: filled(environment['VESTIGE_TOKEN_FILE']),
  };
}

/** A variable that is set to nothing is not set. */
function filled(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
