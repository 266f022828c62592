func.func @main() {
  "simple_io.print"() : () -> ()
  func.return
}
