from ireekit.dialect import Dialect, Op


class Wrong(Op):
    name = "other.op"


dialect = Dialect("mine", ops=(Wrong,))
