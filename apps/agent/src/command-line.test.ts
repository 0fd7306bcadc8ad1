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

  it('takes an empty address for none, as a unit without a setting gives it', () => {
    expect(parse('run --api= --state-dir /s')).toMatchObject({ options: { api: undefined } });
    expect(parse('enrol --state-dir /s --from-secret-area')).toMatchObject({
      command: 'enrol',
      options: { api: undefined, fromSecretArea: true },
    });
  });

  it('reads what a wipe and a doctor need', () => {
    expect(parse('wipe abc --source table:/a --state-dir /s --yes --json')).toMatchObject({
      command: 'wipe',
      options: { name: 'abc', sources: ['table:/a'], stateDir: '/s', yes: true, json: true },
    });
    expect(parse('doctor --json')).toMatchObject({ command: 'doctor', options: { json: true } });
  });

  it.each([
    ['', 'the commands are'],
    ['walk', 'the commands are'],
    ['enrol --state-dir /s --enrolment-token a', '--api URL is missing'],
    ['enrol --state-dir /s --api https://x.example', 'enrol takes one of'],
    ['enrol --state-dir /s --enrolment-token a --from-secret-area', 'enrol takes one of'],
    ['wipe', 'the GUID or name of a secret is missing'],
    ['wipe a b', 'the commands are'],
    ['doctor x', 'the commands are'],
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
