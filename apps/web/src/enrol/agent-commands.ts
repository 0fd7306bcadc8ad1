const tokenFile = '/run/vestige-token';
const stateDir = '/var/lib/vestige';

export interface AgentCommands {
  readonly keep: string;
  readonly run: string;
}

/**
 * What to type in the guest. The token goes into a file that only its owner reads, not into the process list; `--no`
 * keeps npx from fetching, as root, whatever has the agent's name in a registry where there is no checkout.
 */
export function agentCommands(api: string, token: string): AgentCommands {
  return {
    keep: `(umask 077; printf '%s\\n' '${token}' > ${tokenFile})`,
    run: `npx --no vestige-agent run --api ${api} --state-dir ${stateDir} --enrolment-token-file ${tokenFile}`,
  };
}

/** Whether other machines cannot reach this address. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
