# shellcheck shell=bash
# Reading from a test runner's output how many tests passed and failed. Each function reads the output on standard
# input and prints two numbers.

without_colours() { sed 's/\x1b\[[0-9;]*m//g'; }

# Adds up the numbers before the words $1 (passed) and $2 (failed), which are extended regular expressions.
add_up() {
    awk -v passed="^($1)\$" -v failed="^($2)\$" '
        { for (i = 2; i <= NF; i++) { word = $i; gsub(/[^a-z_]/, "", word)
            if ($(i - 1) ~ /^[0-9]+$/ && word ~ passed) p += $(i - 1)
            if ($(i - 1) ~ /^[0-9]+$/ && word ~ failed) f += $(i - 1) } }
        END { print p + 0, f + 0 }'
}

# "Summary [   9.0s] 15 tests run: 12 passed (1 slow), 1 failed, 1 timed out, 1 exec failed, 0 skipped"
count_nextest() {
    without_colours | grep -E '^ *Summary \[' | sed 's/([^)]*)//g; s/timed out/failed/g; s/exec failed/failed/g' |
        add_up passed failed
}

# "      Tests  1 failed | 12 passed (13)"
count_vitest() { without_colours | grep -E '^ *Tests ' | add_up passed failed; }

# "  1 failed", "  1 interrupted", "  2 flaky", "  3 did not run", "  5 passed (10.1s)", each on its line
count_playwright() {
    without_colours | grep -E '^ +[0-9]+ (failed|interrupted|flaky|did not run|passed)' | sed 's/did not run/failed/' |
        add_up 'passed|flaky' 'failed|interrupted'
}

# "12 passed, 0 failed"
count_plain() { without_colours | grep -E '^[0-9]+ passed, [0-9]+ failed' | tail -n 1 | add_up passed failed; }
