"""The 80 mm receipt printer 凭条打印机."""
