/** Roles in the user's words, and how one is chosen from a menu. */
import type { ChoiceOption } from "@/components/Choice";
import type { Role, RoleList } from "@/lib/api/types";

/** A role as it is given: one of both. */
export interface RoleChoice {
  role?: Role | null;
  role_id?: string | null;
}

/** What each role is called, and what it is for. */
export const ROLE: Record<Role, { name: string; about: string }> = {
  owner: { name: "Владелец", about: "может всё; владельцев назначают и снимают только владельцы" },
  admin: { name: "Администратор", about: "может всё, кроме назначения и снятия владельцев" },
  operator: { name: "Оператор", about: "отвечает покупателям, видит возвраты и показатели" },
  viewer: { name: "Наблюдатель", about: "видит обращения, возвраты и показатели, ничего не меняет" },
  guest: { name: "Гость", about: "видит только обращения" },
};

/** The menu: the roles that every seller has, then the seller's own. */
export function options(roles: RoleList): ChoiceOption<string>[] {
  return [
    ...roles.built_in.map(({ role }) => ({ value: role, label: ROLE[role].name })),
    ...roles.own.map(({ role_id, name }) => ({ value: role_id, label: name })),
  ];
}

/** What the menu shows for a role. */
export function valueOf({ role, role_id }: RoleChoice): string {
  return role ?? role_id ?? "";
}

/** What was chosen from the menu. */
export function chosen(value: string): RoleChoice {
  return isBuiltIn(value) ? { role: value } : { role_id: value };
}

/** What a role is called. */
export function nameOf(choice: RoleChoice, roles: RoleList | undefined): string {
  if (choice.role) return ROLE[choice.role].name;
  return roles?.own.find(({ role_id }) => role_id === choice.role_id)?.name ?? "Своя роль";
}

function isBuiltIn(value: string): value is Role {
  return Object.hasOwn(ROLE, value);
}
