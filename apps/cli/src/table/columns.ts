/** Aligns rows for people; the last column is as wide as it likes. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  // Not `Math.max(...)`: a table can have more rows than a call has room for arguments.
  const widths =
    rows[0]?.map((_, at) => rows.reduce((most, row) => Math.max(most, row[at]?.length ?? 0), 0)) ??
    [];
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
