import { TlogError, type TlogErrorCode } from '../error.ts';

/** The code that a call is refused with; null where it is not. Anything else that is thrown goes on. */
export function codeOf(call: () => unknown): TlogErrorCode | null {
  try {
    call();
    return null;
  } catch (error) {
    if (error instanceof TlogError) return error.code;
    throw error;
  }
}
