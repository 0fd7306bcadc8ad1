import { z } from 'zod';

/** An EFI GUID in lower-case text form; any variant, as secret tables use arbitrary ones. */
export const Guid = z
  .string()
  .regex(
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    'a GUID in lower case: 8-4-4-4-12 hex digits',
  );
export type Guid = z.infer<typeof Guid>;

const Uuid = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a UUID in lower case');

export const GuestId = Uuid;
export type GuestId = z.infer<typeof GuestId>;

/** `/proc/sys/kernel/random/boot_id` of the guest. */
export const BootId = Uuid;
export type BootId = z.infer<typeof BootId>;

/** Deterministic id of (guest, boot, source, name). */
export const SecretId = Uuid;
export type SecretId = z.infer<typeof SecretId>;

export const WipeId = Uuid;
export type WipeId = z.infer<typeof WipeId>;

/** An event's dense, zero-based place in the log. */
export const Position = z.int().min(0);
export type Position = z.infer<typeof Position>;

/** A time as RFC 3339 in UTC with seconds and at most milliseconds. */
export const Time = z.iso
  .datetime({ message: 'a time like 2026-01-31T12:00:00.000Z' })
  .regex(/:\d\d:\d\d(\.\d{1,3})?Z$/, 'a time with seconds and at most milliseconds');
export type Time = z.infer<typeof Time>;

/** A bounded line of text without control characters; what is longer is refused, never cut. */
export function line(max: number): z.ZodString {
  return z
    .string()
    .max(max)
    .regex(/^\P{Cc}*$/u, 'text without control characters');
}

/** A line that is not empty. */
export function filledLine(max: number): z.ZodString {
  return line(max).min(1);
}

export const Labels = z
  .record(z.string().regex(/^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?$/), line(63))
  .refine((labels) => Object.keys(labels).length <= 32, 'at most 32 labels');
export type Labels = z.infer<typeof Labels>;

/** A true/false in a query string. */
export const Flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/**
 * A whole number in a query string. `Number` alone takes an empty text for zero, and other notations for numbers:
 * `after=` would skip the first event.
 */
export function wholeNumber(min: number, max?: number) {
  const number = z.int().min(min);
  return z.preprocess(
    (value) => (typeof value === 'string' ? parseWholeNumber(value) : value),
    max === undefined ? number : number.max(max),
  );
}

function parseWholeNumber(text: string): number {
  return /^(0|-?[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
}

export const pageLimitMax = 500;

/** `limit` and `cursor` of every list. The cursor is opaque to callers. */
export const pageQuery = {
  limit: wholeNumber(1, pageLimitMax).default(100),
  cursor: z.string().max(200).optional(),
};

/** A list answers `{ items, next }`; `next` is the cursor of the following page, or null at the end. */
export function page<T extends z.ZodType>(
  item: T,
): z.ZodObject<{ items: z.ZodArray<T>; next: z.ZodNullable<z.ZodString> }> {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}
