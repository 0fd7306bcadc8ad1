/**
 * The one profile of HTTP Message Signatures (RFC 9421) that agents speak. Covered components and their order are fixed, so
 * that a verifier rebuilds the whole base from what it received and fails closed on anything else.
 */
export interface SignedRequest {
  readonly method: string;
  /** `Host` of the request, lower case. */
  readonly authority: string;
  readonly path: string;
  /** With its question mark; empty where there is none. */
  readonly query: string;
  /** Present exactly where there is a body. */
  readonly body?: { readonly contentDigest: string; readonly contentType: string };
}

export interface SignatureParams {
  /** Seconds since the epoch. */
  readonly created: number;
  readonly expires: number;
  /** 16 to 64 characters of base64url. */
  readonly nonce: string;
  readonly keyid: string;
}

/** RFC 9421 section 7.2.2: the tag keeps a signature made for one purpose from being used for another. */
const signatureTag = 'vestige-agent-v1';

/** Most seconds between `created` and `expires`. */
export const signatureLifetimeSeconds = 60;

/** Most seconds by which a guest's clock may differ from the service's. */
export const clockSkewSeconds = 300;

const bodiless = '("@method" "@authority" "@path" "@query")';
const withBody = '("@method" "@authority" "@path" "@query" "content-digest" "content-type")';

function paramsText(params: SignatureParams, hasBody: boolean): string {
  return (
    `${hasBody ? withBody : bodiless};created=${params.created};expires=${params.expires}` +
    `;nonce="${params.nonce}";keyid="${params.keyid}";alg="ed25519";tag="${signatureTag}"`
  );
}

/** The value of `Signature-Input`. */
export function signatureInput(params: SignatureParams, hasBody: boolean): string {
  return `sig1=${paramsText(params, hasBody)}`;
}

/** The signature base (RFC 9421 section 2.5): the bytes that are signed, as text of ASCII characters. */
export function signatureBase(request: SignedRequest, params: SignatureParams): string {
  const lines = [
    `"@method": ${request.method}`,
    `"@authority": ${request.authority}`,
    `"@path": ${request.path}`,
    // Section 2.2.7: an absent query is a single question mark.
    `"@query": ${request.query === '' ? '?' : request.query}`,
  ];
  if (request.body !== undefined) {
    lines.push(
      `"content-digest": ${request.body.contentDigest}`,
      `"content-type": ${request.body.contentType}`,
    );
  }
  lines.push(`"@signature-params": ${paramsText(params, request.body !== undefined)}`);
  return lines.join('\n');
}

const inputPattern =
  /;created=(?<created>\d{1,12});expires=(?<expires>\d{1,12});nonce="(?<nonce>[A-Za-z0-9_-]{16,64})";keyid="(?<keyid>[A-Za-z0-9_-]{1,64})";/;

/** Reads a `Signature-Input`; null for anything but the exact form that `signatureInput` writes. */
export function parseSignatureInput(header: string, hasBody: boolean): SignatureParams | null {
  const groups = inputPattern.exec(header)?.groups;
  if (groups === undefined) return null;
  const { created = '', expires = '', nonce = '', keyid = '' } = groups;
  const params = { created: Number(created), expires: Number(expires), nonce, keyid };
  return signatureInput(params, hasBody) === header ? params : null;
}
