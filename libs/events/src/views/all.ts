import type { View } from '../follow/view.ts';
import { activityView } from './activity.ts';
import { bootsView } from './boots.ts';
import { catalogueView } from './catalogue.ts';
import { enrolmentsView } from './enrolments.ts';
import { eventIndexView, mentionsView } from './event-index.ts';
import { guestsView } from './guests.ts';
import { secretsView } from './secrets.ts';
import { targetsView } from './targets.ts';
import { wipesView } from './wipes.ts';

export const allViews: readonly View<object>[] = [
  guestsView,
  bootsView,
  secretsView,
  wipesView,
  targetsView,
  eventIndexView,
  mentionsView,
  activityView,
  enrolmentsView,
  catalogueView,
];
