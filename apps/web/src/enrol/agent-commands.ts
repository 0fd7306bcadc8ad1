const tokenFile = 'vestige-enrolment-token';

export interface AgentCommands {
  readonly keep: string;
  readonly run: string;
}

/** What to type in the guest: the token goes into a file that only its owner reads, not into the process list. */
export function agentCommands(api: string, token: string): AgentCommands {
  return {
    keep: `(umask 077; printf '%s\\n' '${token}' > ${tokenFile})`,
    run: `npx vestige-agent run --api ${api} --state-dir ./vestige-agent --enrolment-token-file ${tokenFile}`,
  };
}

/** Whether other machines cannot reach this address. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
