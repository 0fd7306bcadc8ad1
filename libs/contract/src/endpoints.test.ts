import { describe, expect, it } from 'vitest';

import { can, Role } from './can.ts';
import type { EndpointShape } from './endpoint.ts';
import { endpoints } from './endpoints.ts';
import { openapi } from './openapi.ts';

const all = Object.entries(endpoints) as [string, EndpointShape][];

describe('the table of endpoints', () => {
  it('names the permission exactly where people call', () => {
    for (const [name, shape] of all) {
      expect(shape.action !== undefined, name).toBe(shape.caller.startsWith('people'));
    }
  });

  it('says each method and path once', () => {
    const addresses = all.map(([, shape]) => `${shape.method} ${shape.path}`);
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  it('declares every placeholder of a path, and no other parameter', () => {
    for (const [name, shape] of all) {
      const placeholders = [...shape.path.matchAll(/\{\+?(\w+)\}/g)].map(
        ([, placeholder]) => placeholder,
      );
      expect(Object.keys(shape.params?.shape ?? {}), name).toEqual(placeholders);
    }
  });

  it('lets nobody but those with a writing role change anything', () => {
    const changing = all.filter(([, shape]) => shape.method !== 'GET' && shape.caller === 'people');
    for (const [name, shape] of changing) {
      if (shape.action === 'session.close') continue;
      for (const role of ['viewer', 'auditor', 'approver'] as const) {
        expect(can({ role }, shape.action!).allowed, `${role} ${name}`).toBe(false);
      }
    }
    expect(changing.length).toBeGreaterThan(3);
  });

  it('lets every role read', () => {
    for (const role of Role.options) expect(can({ role }, 'read')).toEqual({ allowed: true });
  });
});

describe('the OpenAPI document', () => {
  const document = openapi(endpoints, '1.2.3') as {
    openapi: string;
    paths: Record<
      string,
      Record<string, { operationId: string; parameters: { name: string; in: string }[] }>
    >;
  };

  it('has an operation for every endpoint, under its own name', () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    expect(operations.map((operation) => operation.operationId).toSorted()).toEqual(
      Object.keys(endpoints).toSorted(),
    );
  });

  it('lists path and query parameters', () => {
    const parameters = document.paths['/v1/secrets/{id}/timeline']?.['get']?.parameters ?? [];
    expect(parameters.map((parameter) => `${parameter.in} ${parameter.name}`)).toEqual([
      'path id',
      'query limit',
      'query cursor',
    ]);
  });

  it('is plain JSON', () => {
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });
});
