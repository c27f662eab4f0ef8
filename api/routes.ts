// Every route, one table.
import { sealRoutes } from './seals.ts';
import { stampRoutes } from './stamps.ts';
import { publicRoutes } from './status.ts';
import type { Route } from './route.ts';

export const routes: readonly Route[] = [...stampRoutes, ...sealRoutes, ...publicRoutes];
