"""Functions of other languages than Python: estimates, that braces in strings and parameters don't lead astray."""

from __future__ import annotations

import pytest

from reasoncli.localization.blocks import outline_of

TYPESCRIPT = """import { x } from 'y';
export class Cart<T> extends Base {
  private items: string[] = [];
  constructor(private readonly a: string, { b = 1 }: Options = {}) {
    super();
  }
  async total(discount = 0): Promise<number> {
    return this.items.map((i) => { return i * 2; }).reduce((a, b) => a + b, 0);
  }
  get size() { return /[{]/.test('{') ? 1 : `a ${ { b: 1 }.b } {`.length; }  // it's a {
}
export const helper = async ({ a, b }: Args, options = {}) => {
  if (a) { return b; }
};
export default function run(): void { for (let i = 0; i < 3; i++) { helper({ a: 1, b: 2 }); } }
"""
JAVASCRIPT = """const half = a => {
  return a / 2
}

Object.keys(half || {}).forEach(function (key) {
  module.exports[key] = half[key]
})

Cart.prototype.add = function (item) {
  this.items.push(item)
}
exports.run = function named(done) {
  start(function () { done() })
}
function
  far (a,
       b)
{
  return a
}
"""
GO = """package x

type T struct {
	a int
}

func (t *T) Add(a, b int) (int, error) {
	if a > b {
		return a, nil
	}
	return func() int { return 1 }(), nil
}

func Sub[K comparable](m map[string]interface{}) K {
	return m["}"].(K) // it's }
}
"""
RUST = """impl<'a> Foo<'a> {
    pub fn add(&self, x: &'a str) -> Result<(), String>
    where Self: Sized,
    {
        match x { "{" => Ok(()), _ => Err(format!("{}", '{')) }
    }
}
fn main() { println!("{}", '\\''); }
"""
JAVA = """public class Sum implements Adds<Long> {
    @Override
    public <T> List<T> add(int a, Map<String, T> b) throws IOException {
        Runnable r = () -> { go(); };
        return new ArrayList<T>() { { add(1); } };
    }
}
"""
RUBY = """module A
  class B
    def add(a, b)
      if a
        b
      end
    end

    def self.sub!
      1
    end
  end
end
"""
PHP = """<?php
namespace A;
final class Sum {
    public function add(int $a, array $b = []): int {
        return $a + count($b); # }
    }
}
"""


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        (
            "a.ts",
            TYPESCRIPT,
            {
                "Cart": (2, 11),
                "Cart.constructor": (4, 6),
                "Cart.total": (7, 9),
                "Cart.size": (10, 10),
                "helper": (12, 14),
                "run": (15, 15),
            },
        ),
        ("a.js", JAVASCRIPT, {"half": (1, 3), "add": (9, 11), "run": (12, 14), "far": (16, 20)}),
        ("a.go", GO, {"T": (3, 5), "Add": (7, 12), "Sub": (14, 16)}),
        ("a.rs", RUST, {"Foo": (1, 7), "Foo.add": (2, 6), "main": (8, 8)}),
        ("A.java", JAVA, {"Sum": (1, 7), "Sum.add": (3, 6)}),
        ("a.rb", RUBY, {"A": (1, 13), "B": (2, 12), "add": (3, 7), "self.sub!": (9, 11)}),
        ("a.php", PHP, {"Sum": (3, 7), "Sum.add": (4, 6)}),
    ],
)
def test_functions(path: str, source: str, expected: dict[str, tuple[int, int]]) -> None:
    outline = outline_of(path, source)
    assert outline.functions[0].kind == "module"
    assert {each.name: (each.start, each.end) for each in outline.functions[1:]} == expected


def test_the_innermost_function_holds_a_line() -> None:
    outline = outline_of("a.ts", TYPESCRIPT)
    assert [outline.function_at(line).name for line in (1, 3, 8, 13)] == ["<module>", "Cart", "Cart.total", "helper"]


@pytest.mark.parametrize("source", ["", "}", "{" * 1000, "function a() {", "'" * 5000, "/" * 5000, "(" * 5000 + "{}"])
def test_what_makes_no_sense_is_one_function(source: str) -> None:
    assert [each.name for each in outline_of("a.js", source).functions] == ["<module>"]
