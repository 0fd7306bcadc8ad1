// Stands for the package of this name: its native part alone is there, beside the script, and is looked for nowhere else.
import { createRequire } from 'node:module';

let native;

/** Loaded when it is first used, so that what needs no native part works, and can explain, where it does not load. */
export default new Proxy({}, { get: (_, name) => open()[name] });

function open() {
  try {
    native ??= createRequire(import.meta.url)('./koffi.node');
    return native;
  } catch (error) {
    const cause = error instanceof Error ? error.message : '';
    throw new Error(`koffi.node, made for Linux on x86-64 with glibc, does not load: ${cause}`, {
      cause: error,
    });
  }
}
