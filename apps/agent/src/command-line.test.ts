import { describe, expect, it } from 'vitest';

import { exitCodes } from './agent-error.ts';
import { parseCommandLine, usage } from './command-line.ts';
import { openSources } from './source/open-source.ts';

const parse = (line: string): unknown => parseCommandLine(line.split(' '));
const run = 'run --api https://x.example --state-dir /s';

describe('the command line', () => {
  it('reads what a run needs', () => {
    expect(parse(`${run} --source table:/a --source efi-secret --mode observe`)).toMatchObject({
      command: 'run',
      options: { api: 'https://x.example', stateDir: '/s', sources: ['table:/a', 'efi-secret'] },
    });
  });

  it('takes the key of the log for a run alone, and says so in its help', () => {
    expect(parse(`${run} --log-key a+b+c`)).toMatchObject({ options: { logKey: 'a+b+c' } });
    expect(() => parse('status --state-dir /s --log-key a+b+c')).toThrow('does not take --log-key');
    expect(usage).toContain('--log-key VKEY');
  });

  it('observes, and holds a reader for two seconds at most, unless it is told otherwise', () => {
    expect(parse(run)).toMatchObject({ options: { mode: 'observe', holdMilliseconds: 2000 } });
    expect(parse(`${run} --mode enforce --hold-ms 500`)).toMatchObject({
      options: { mode: 'enforce', holdMilliseconds: 500 },
    });
  });

  it.each([
    ['', 'the commands are'],
    ['walk', 'the commands are'],
    ['run --state-dir /s', '--api URL is missing'],
    ['status', '--state-dir DIR is missing'],
    ['scan --api https://x.example', 'scan does not take --api'],
    [`${run} --mode guess`, 'observe or enforce'],
    [`${run} --hold-ms 99`, '100 to 10000'],
    [`${run} --hold-ms 2s`, '100 to 10000'],
    [`${run} --enrolment-token a --enrolment-token-file b`, 'exclude each other'],
    [`${run} --surprise`, '--surprise'],
  ])('refuses "%s" and says why', (line, reason) => {
    expect(() => parse(line)).toThrow(
      expect.objectContaining({
        exitCode: exitCodes.usage,
        message: expect.stringContaining(reason) as string,
      }) as Error,
    );
  });

  it('takes the kernel’s own place where no source is named', () => {
    expect(openSources([]).map(({ source }) => source)).toStrictEqual([
      { kind: 'efi-secret', path: '/sys/kernel/security/secrets/coco' },
    ]);
  });

  it.each([['table'], ['table:'], ['gsmi'], ['table:/a,table:/a'], ['secvar:\n']])(
    'refuses --source %s',
    (text) => {
      expect(() => openSources(text.split(','))).toThrow(/source/);
    },
  );
});
