import { type Api, UnreachableError } from '@vestige/contract';

/** Nothing was answered in time. Whether anything was done is not known. */
export class LateError extends UnreachableError {}

/** The same client, but what is not answered in time fails with words instead of waiting for ever. */
export function patient(client: Api, ms: number): Api {
  return async (endpoint, input, { signal } = {}) => {
    const late = AbortSignal.timeout(ms);
    try {
      return await client(endpoint, input, {
        signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      });
    } catch (error) {
      if (!late.aborted || signal?.aborted === true) throw error;
      throw new LateError(`The service did not answer within ${ms / 1000} s.`, { cause: error });
    }
  };
}
