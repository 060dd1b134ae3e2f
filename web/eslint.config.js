/** Lints, and the direction of imports: lib, components → features → app; never across features, no barrels. */
import { readdirSync } from "node:fs";
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** Forbids importing from the folders named, and reaching up with `..`, so that a folder is always named in full. */
const never = (...folders) => [
  "error",
  {
    patterns: [
      { group: ["../*"], message: "name the folder in full: @/…" },
      {
        group: folders.map((folder) => `@/${folder}/**`),
        message: "imports run lib, components → features → app",
      },
    ],
  },
];

const features = readdirSync(new URL("./src/features", import.meta.url));

export default defineConfig(
  { ignores: ["dist", "src/lib/api/schema.ts", "playwright-report", "test-results"] },
  tseslint.configs.strictTypeChecked,
  { files: ["src/**"], ...reactHooks.configs.flat["recommended-latest"] },
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["eslint.config.js"] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "no-console": "error",
      // The compiler that this rule speaks of is not used here.
      "react-hooks/incompatible-library": "off",
      // `read<T>` of storage and the like: the caller names the type it stored.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  { files: ["src/**/index.ts", "src/**/index.tsx"], rules: { "no-restricted-syntax": ["error", "Program"] } },
  {
    files: ["src/lib/**"],
    rules: { "no-restricted-imports": never("components", "features", "app") },
  },
  { files: ["src/components/**"], rules: { "no-restricted-imports": never("features", "app") } },
  ...features.map((feature) => ({
    files: [`src/features/${feature}/**`],
    rules: {
      "no-restricted-imports": never(
        "app",
        ...features.filter((other) => other !== feature).map((other) => `features/${other}`),
      ),
    },
  })),
);
