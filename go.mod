module winsock

go 1.26
