'use client';
import {
  type ColumnDef,
  createSortedRowModel,
  FlexRender,
  type Row,
  rowSortingFeature,
  sortFn_basic,
  type SortingState,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp, ChevronsUpDown } from 'lucide-react';
import { useQueryState } from 'nuqs';
import { type ReactNode, useLayoutEffect, useMemo, useRef, useState } from 'react';

import { cn } from './cn.ts';
import { ScrollRegion } from './scroll-region.tsx';

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { basic: sortFn_basic },
});

export interface Column<T> {
  readonly id: string;
  readonly header: string;
  readonly cell: (row: T) => ReactNode;
  /** What rows are sorted by; a column without it cannot be sorted. */
  readonly sort?: (row: T) => string | number | undefined;
  readonly className?: string;
}

interface DataTableProps<T> {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: T[];
  readonly rowId: (row: T) => string;
  /** How wide it is at least where the screen is not a phone's. */
  readonly width?: string;
}

function definitions<T extends object>(
  columns: readonly Column<T>[],
): ColumnDef<typeof features, T>[] {
  return columns.map(({ id, header, cell, sort }) => ({
    id,
    header,
    cell: ({ row }: { row: { original: T } }) => cell(row.original),
    accessorFn: (row: T) => sort?.(row),
    enableSorting: sort !== undefined,
    sortUndefined: 'last' as const,
    sortFn: 'basic' as const,
  }));
}

/** `sort=-reads` in the address: the column, with a minus where the largest comes first. */
function useSortInUrl(): [SortingState, (sorting: SortingState) => void] {
  const [text, setText] = useQueryState('sort');
  const sorting = useMemo(
    () => (text === null ? [] : [{ id: text.replace(/^-/, ''), desc: text.startsWith('-') }]),
    [text],
  );
  const setSorting = ([first]: SortingState) =>
    void setText(first === undefined ? null : `${first.desc ? '-' : ''}${first.id}`);
  return [sorting, setSorting];
}

/** A dense table: sorted by its headers, its rows walked with j and k, drawn in part where it is long. */
export function DataTable<T extends object>(props: DataTableProps<T>) {
  const { caption, columns, rows, rowId, width = 'sm:min-w-176' } = props;
  const [sorting, setSorting] = useSortInUrl();
  const table = useTable({
    features,
    columns: useMemo(() => definitions(columns), [columns]),
    data: rows,
    getRowId: rowId,
    state: { sorting },
    onSortingChange: (next) => setSorting(typeof next === 'function' ? next(sorting) : next),
    sortDescFirst: false,
  });
  const looks = new Map(columns.map(({ id, className }) => [id, className]));
  return (
    <ScrollRegion label={caption} className="relative max-w-full rounded-b-lg">
      <table
        className={cn('w-full border-separate border-spacing-0', width)}
        aria-rowcount={rows.length + 1}
      >
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr aria-rowindex={1}>
            {table.getHeaderGroups()[0]?.headers.map(({ id, column }) => (
              <HeaderCell
                key={id}
                text={String(column.columnDef.header)}
                sorted={column.getIsSorted()}
                toggle={column.getCanSort() ? column.getToggleSortingHandler() : undefined}
                className={looks.get(column.id)}
              />
            ))}
          </tr>
        </thead>
        <Rows rows={table.getRowModel().rows} looks={looks} />
      </table>
    </ScrollRegion>
  );
}

const sortWords = { asc: 'ascending', desc: 'descending' } as const;

function HeaderCell({
  text,
  sorted,
  toggle,
  className,
}: {
  text: string;
  sorted: false | 'asc' | 'desc';
  toggle: ((event: unknown) => void) | undefined;
  className: string | undefined;
}) {
  const Icon = sorted === 'asc' ? ArrowUp : sorted === 'desc' ? ArrowDown : ChevronsUpDown;
  return (
    <th
      scope="col"
      aria-sort={sorted === false ? undefined : sortWords[sorted]}
      className={cn(
        'h-9 border-b px-3 text-left text-xs font-medium whitespace-nowrap text-ink-2 first:pl-4 last:pr-4',
        className,
      )}
    >
      {toggle === undefined ? (
        text
      ) : (
        <button
          type="button"
          onClick={toggle}
          className="-mx-1 inline-flex min-h-6 items-center gap-1 rounded px-1 hover:text-ink"
        >
          {text}
          <Icon aria-hidden className={cn('size-3', sorted === false && 'opacity-50')} />
        </button>
      )}
    </th>
  );
}

const virtualFrom = 200;
const rowHeight = 49;

function Rows<T extends object>({
  rows,
  looks,
}: {
  rows: Row<typeof features, T>[];
  looks: Map<string, string | undefined>;
}) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [scrollMargin, setScrollMargin] = useState(0);
  useLayoutEffect(() => {
    const top = body.current?.getBoundingClientRect().top ?? 0;
    setScrollMargin(top + window.scrollY);
  }, []);
  const isVirtual = rows.length > virtualFrom;
  // oxlint-disable-next-line react/incompatible-library -- no compiler memoises this component
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin,
    enabled: isVirtual,
  });
  const items = virtualizer.getVirtualItems();
  const shown = isVirtual
    ? items.map(({ index }) => [index, rows[index]] as const)
    : [...rows.entries()];
  const before = isVirtual ? (items[0]?.start ?? scrollMargin) - scrollMargin : 0;
  const after = isVirtual
    ? virtualizer.getTotalSize() - ((items.at(-1)?.end ?? scrollMargin) - scrollMargin)
    : 0;
  return (
    <tbody ref={body}>
      <Spacer height={before} />
      {shown.map(([index, row]) =>
        row === undefined ? null : <BodyRow key={row.id} row={row} index={index} looks={looks} />,
      )}
      <Spacer height={after} />
    </tbody>
  );
}

function Spacer({ height }: { height: number }) {
  return height <= 0 ? null : <tr aria-hidden style={{ height }} />;
}

function BodyRow<T extends object>({
  row,
  index,
  looks,
}: {
  row: Row<typeof features, T>;
  index: number;
  looks: Map<string, string | undefined>;
}) {
  return (
    <tr
      data-row
      aria-rowindex={index + 2}
      className="group hover:bg-raised/60 focus-within:bg-raised/60"
    >
      {row.getAllCells().map((cell) => (
        <td
          key={cell.id}
          className={cn(
            'h-12 border-b px-3 py-1 group-last:border-b-0 first:pl-4 last:pr-4',
            looks.get(cell.column.id),
          )}
        >
          <FlexRender cell={cell} />
        </td>
      ))}
    </tr>
  );
}
