// Stands for the package of this name: only its native part is there, beside the script, and is looked for nowhere else.
import { createRequire } from 'node:module';

export default load();

function load() {
  try {
    return createRequire(import.meta.url)('./koffi.node');
  } catch (error) {
    throw new Error('koffi.node does not load; this package is for Linux on x86-64 with glibc', {
      cause: error,
    });
  }
}
