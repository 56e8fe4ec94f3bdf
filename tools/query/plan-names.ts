// The names of all operators in a plan as DuckDB explains it in JSON; of a table function its own name. Holds no
// effects.

export function listPlanNames(plan: unknown): string[] {
  if (Array.isArray(plan)) return plan.flatMap(listPlanNames);
  if (typeof plan !== 'object' || plan === null) return [];
  const own = 'name' in plan ? [String(plan.name).trim()] : [];
  return 'children' in plan ? [...own, ...listPlanNames(plan.children)] : own;
}
