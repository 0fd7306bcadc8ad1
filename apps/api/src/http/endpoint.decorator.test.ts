import { endpoints, type HandlerInput } from '@vestige/contract';
import { describe, expect, it } from 'vitest';

import { Endpoint, Input } from './endpoint.decorator.ts';

describe('Endpoint', () => {
  it('compiles only for a handler with the argument and the reply of the contract', () => {
    class Handlers {
      @Endpoint(endpoints.healthz)
      right() {
        return { status: 'alive' as const };
      }

      // @ts-expect-error the reply is not the contract's
      @Endpoint(endpoints.healthz)
      wrongReply() {
        return { status: 'dead' };
      }

      // @ts-expect-error the argument is not the contract's
      @Endpoint(endpoints.getGuest)
      wrongInput(@Input() { params }: { params: { id: number } }): never {
        throw new Error(String(params.id));
      }

      @Endpoint(endpoints.getGuest)
      rightInput(@Input() { params }: HandlerInput<typeof endpoints.getGuest>): never {
        throw new Error(params.id);
      }
    }
    expect(new Handlers().right()).toEqual({ status: 'alive' });
  });
});
