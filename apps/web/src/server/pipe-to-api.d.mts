import type { IncomingMessage, ServerResponse } from 'node:http';

export function pipeToApi(api: URL): (incoming: IncomingMessage, outgoing: ServerResponse) => void;
