import { describe, expect, it } from "vitest";
import type { RoleList } from "@/lib/api/types";
import { chosen, nameOf, options, valueOf } from "./words";

const ROLES: RoleList = {
  built_in: [
    { role: "owner", permissions: [] },
    { role: "guest", permissions: ["view_interactions"] },
  ],
  own: [{ role_id: "6f1c", name: "Ревизор", permissions: ["view_audit"] }],
  permissions: [],
};

describe("roles in a menu", () => {
  it("come back as what they were chosen as", () => {
    expect(options(ROLES).map(({ value }) => chosen(value))).toEqual([
      { role: "owner" },
      { role: "guest" },
      { role_id: "6f1c" },
    ]);
    for (const choice of [{ role: "guest" as const }, { role_id: "6f1c" }])
      expect(chosen(valueOf(choice))).toEqual(choice);
  });

  it("are called as everywhere", () => {
    expect(options(ROLES).map(({ label }) => label)).toEqual(["Владелец", "Гость", "Ревизор"]);
    expect(nameOf({ role: "guest", role_id: null }, undefined)).toBe("Гость");
    expect(nameOf({ role: null, role_id: "6f1c" }, ROLES)).toBe("Ревизор");
    expect(nameOf({ role: null, role_id: "gone" }, ROLES)).toBe("Своя роль");
  });
});
