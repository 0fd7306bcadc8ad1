import { z } from 'zod';

import type { EndpointShape } from './endpoint.ts';
import { Problem, problemMediaType } from './problem.ts';

type JsonSchema = Record<string, unknown>;

function schemaOf(type: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io, unrepresentable: 'any' });
  return schema;
}

function parametersOf(endpoint: EndpointShape): JsonSchema[] {
  const places = [
    ['path', endpoint.params],
    ['query', endpoint.query],
  ] as const;
  return places.flatMap(([place, object]) => {
    if (object === undefined) return [];
    const { properties = {}, required = [] } = schemaOf(object, 'input') as {
      properties?: Record<string, JsonSchema>;
      required?: string[];
    };
    return Object.entries(properties).map(([name, schema]) => ({
      name,
      in: place,
      required: required.includes(name),
      schema,
    }));
  });
}

/** Bytes have no JSON schema; OpenAPI 3.1 describes them by their media type alone. */
function contentSchema(endpoint: EndpointShape): JsonSchema {
  return endpoint.media === undefined ? schemaOf(endpoint.response, 'output') : {};
}

function operationOf(name: string, endpoint: EndpointShape): JsonSchema {
  const media =
    endpoint.stream === true ? 'text/event-stream' : (endpoint.media ?? 'application/json');
  const security = {
    anyone: [],
    people: [{ bearer: [] }, { session: [] }],
    agent: [{ signature: [] }],
    'people-or-agent': [{ bearer: [] }, { session: [] }, { signature: [] }],
  };
  return {
    operationId: name,
    summary: endpoint.summary,
    security: security[endpoint.caller],
    parameters: parametersOf(endpoint),
    ...(endpoint.body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: schemaOf(endpoint.body, 'input') } },
      },
    }),
    responses: {
      [endpoint.status ?? 200]:
        endpoint.status === 204
          ? { description: 'Done.' }
          : {
              description: endpoint.summary,
              content: { [media]: { schema: contentSchema(endpoint) } },
            },
      default: {
        description: 'A problem document (RFC 9457).',
        content: { [problemMediaType]: { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

/** OpenAPI 3.1 of a table of endpoints, `operationId` being the endpoint's name in it. */
export function openapi(endpoints: Record<string, EndpointShape>, version: string): JsonSchema {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const [name, endpoint] of Object.entries(endpoints)) {
    (paths[endpoint.path.replace('{+', '{')] ??= {})[endpoint.method.toLowerCase()] = operationOf(
      name,
      endpoint,
    );
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Vestige', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      schemas: { Problem: schemaOf(Problem, 'output') },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-vestige' },
        signature: {
          type: 'apiKey',
          in: 'header',
          name: 'Signature',
          description: "HTTP Message Signatures (RFC 9421) with the guest's Ed25519 key.",
        },
      },
    },
  };
}
