import type { FastifyReply, FastifyRequest } from 'fastify';

import { absoluteMs } from '../access/sessions.ts';

/** The prefix makes browsers insist on Secure, on path `/` and on no domain; plain http on loopback cannot have it. */
function cookieName(publicUrl: URL): string {
  return publicUrl.protocol === 'https:' ? '__Host-vestige' : 'vestige';
}

export function readCookie(request: FastifyRequest, publicUrl: URL): string | undefined {
  return request.cookies[cookieName(publicUrl)];
}

export function writeCookie(reply: FastifyReply, publicUrl: URL, id: string): void {
  void reply.setCookie(cookieName(publicUrl), id, {
    ...attributes(publicUrl),
    maxAge: absoluteMs / 1000,
  });
}

export function clearCookie(reply: FastifyReply, publicUrl: URL): void {
  void reply.clearCookie(cookieName(publicUrl), attributes(publicUrl));
}

function attributes(publicUrl: URL) {
  const secure = publicUrl.protocol === 'https:';
  return { path: '/', httpOnly: true, secure, sameSite: 'lax' } as const;
}
