# What `cmake --install` places: the programs, the manual page, the units of systemd, the licence
# and an example.
# The example goes beside the documentation, not to /etc: an upgrade must not touch what an
# administrator wrote.
include(GNUInstallDirs)

install(TARGETS fairlead fairlead-bench RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES packaging/fairlead.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES examples/minimal.toml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
# A folder where systemd looks for units of administrators' programs: <prefix>/lib/systemd/system.
install(FILES packaging/fairlead.service packaging/fairlead.socket
    DESTINATION lib/systemd/system)
