import { AgentError } from '../agent-error.ts';

/** The service's address, refused where what is sent there could be read on the way. */
export function parseApiUrl(text: string, allowHttp: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['https:', 'http:'].includes(url.protocol))
    throw new AgentError('usage', '--api: not an http(s) URL');
  if (url.href !== `${url.origin}/`)
    throw new AgentError(
      'usage',
      '--api: only scheme, host and port, as in https://vestige.example',
    );
  if (url.protocol === 'http:' && !allowHttp && !isLoopback(url.hostname))
    throw new AgentError(
      'usage',
      `--api ${url.origin}: plain HTTP leaves this machine. Use https, or --allow-http where a tunnel protects it.`,
    );
  return url.origin;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
