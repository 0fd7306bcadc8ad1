import { type Command, Option } from 'commander';

import type { Terminal } from './terminal.ts';

/** What can follow a command path: its commands, its options, and whether it takes files. */
interface Place {
  path: string;
  commands: Word[];
  options: Word[];
  /** Values of an option, where they are known; without choices it is a file or a text of its own. */
  values: { option: string; choices: readonly string[]; isFile: boolean }[];
}

interface Word {
  text: string;
  about: string;
}

const shells = { bash, zsh, fish };

export function addCompletion(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .description('print a script that completes commands, options and files in a shell')
    .argument('<shell>', Object.keys(shells).join(', '))
    .addHelpText(
      'after',
      `
Examples:
  $ source <(vestige completion bash)
  $ source <(vestige completion zsh)
  $ vestige completion fish > ~/.config/fish/completions/vestige.fish`,
    )
    .action((shell: string) => {
      const script = Object.entries(shells).find(([name]) => name === shell)?.[1];
      if (!script) program.error(`error: there are ${Object.keys(shells).join(', ')}`);
      terminal.print(script(placesOf(program)));
    });
}

function placesOf(command: Command, path: string[] = []): Place[] {
  const help = new Option('-h, --help', 'display help for command');
  const options = [...command.options, help];
  const place: Place = {
    path: path.join(' '),
    commands: command.commands.map((sub) => ({ text: sub.name(), about: sub.description() })),
    options: options.flatMap(({ short, long, description }) =>
      [short, long]
        .filter((text) => text !== undefined)
        .map((text) => ({ text, about: description })),
    ),
    values: options
      .filter(({ required }) => required)
      .map(({ long, argChoices, flags }) => ({
        option: long ?? '',
        choices: argChoices ?? [],
        isFile: /<(?:file|measure|key\|file)>/.test(flags),
      })),
  };
  return [place, ...command.commands.flatMap((sub) => placesOf(sub, [...path, sub.name()]))];
}

/** Words of a command line that name a command; options and their values are stepped over. */
function bash(places: readonly Place[]): string {
  const cases = places.map(({ path, commands, options, values }) => {
    const words = [...commands, ...options].map(({ text }) => text).join(' ');
    const known = values
      .filter(({ choices }) => choices.length > 0)
      .map(({ option, choices }) => `        ${option}) words='${choices.join(' ')}' files='';;`);
    const free = values
      .filter(({ choices }) => choices.length === 0)
      .map(({ option, isFile }) => `        ${option}) words=''${isFile ? '' : " files=''"};;`);
    return `    '${path}')
      words='${words}'
      case "$before" in
${[...known, ...free, '        *) ;;'].join('\n')}
      esac;;`;
  });
  return `_vestige() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" at='' words='' files=yes word next
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD-1))}"; do
    next="\${at:+$at }$word"
    case "$next" in
      ${places.map(({ path }) => `'${path}'`).join('|')}) at="$next";;
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ -n "$at" ] && [ -n "$files" ] && COMPREPLY+=($(compgen -f -- "$current"))
}
complete -o filenames -F _vestige vestige`;
}

/** zsh runs the bash function through its own emulation. */
function zsh(places: readonly Place[]): string {
  return `autoload -U +X compinit bashcompinit
(( \${+functions[compdef]} )) || compinit
bashcompinit
${bash(places)}`;
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, commands, options, values }) => {
    const here = `complete -c vestige -n ${quoted(`__vestige_at ${quoted(path && ` ${path}`)}`)}`;
    return [
      ...commands.map(({ text, about }) => `${here} -f -a ${text} -d ${quoted(about)}`),
      ...options.map(({ text, about }) => {
        const flag = text.startsWith('--') ? `-l ${text.slice(2)}` : `-s ${text.slice(1)}`;
        const value = values.find(({ option }) => option === text);
        return `${here} ${flag}${value ? fishValue(value) : ''} -d ${quoted(about)}`;
      }),
    ];
  });
  return `function __vestige_at
  set -l at
  for word in (commandline -opc)[2..-1]
    contains -- "$at $word" ${places.map(({ path }) => quoted(` ${path}`)).join(' ')}
    and set at "$at $word"
  end
  test "$at" = "$argv[1]"
end
${lines.join('\n')}`;
}

function fishValue({ choices, isFile }: Place['values'][number]): string {
  if (choices.length > 0) return ` -x -a ${quoted(choices.join(' '))}`;
  return isFile ? ' -r' : ' -x';
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
