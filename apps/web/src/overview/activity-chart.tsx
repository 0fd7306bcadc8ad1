'use client';
import type { Overview } from '@vestige/contract';
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';

import { series } from './activity.tsx';

const tick = { fill: 'var(--ink-3)', fontSize: 11 };
const hourOf = (time: string) => time.slice(11, 16);

function hourName(bar: unknown): string {
  const { hour } = bar as Overview['activity'][number];
  return `${hour.slice(0, 10)} ${hourOf(hour)} UTC`;
}

/** Stacked bars, one an hour. Only for the eye: the table beside it says the same. */
export function ActivityChart({ activity }: { activity: Overview['activity'] }) {
  return (
    <ResponsiveContainer width="100%" height="100%">
      <BarChart
        data={activity}
        barCategoryGap="22%"
        margin={{ top: 4, right: 12, bottom: 0, left: -18 }}
        accessibilityLayer={false}
      >
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="hour"
          tickFormatter={hourOf}
          tick={tick}
          tickLine={false}
          axisLine={{ stroke: 'var(--line)' }}
          minTickGap={28}
        />
        <YAxis allowDecimals={false} tick={tick} tickLine={false} axisLine={false} />
        <Tooltip
          isAnimationActive={false}
          cursor={{ fill: 'var(--raised)' }}
          labelFormatter={(_, [bar]) => hourName(bar?.payload)}
          contentStyle={{
            background: 'var(--panel)',
            border: '1px solid var(--line)',
            borderRadius: 8,
            fontSize: 12,
            padding: '6px 10px',
          }}
          itemStyle={{ color: 'var(--ink)', padding: 0 }}
          labelStyle={{ color: 'var(--ink-2)' }}
        />
        {series.map(({ key, name, color }) => (
          <Bar
            key={key}
            dataKey={key}
            name={name}
            stackId="hour"
            fill={color}
            isAnimationActive={false}
          />
        ))}
      </BarChart>
    </ResponsiveContainer>
  );
}
