! SPDX-License-Identifier: Apache-2.0
! A crash below two procedures of Fortran.
module parts
contains
	subroutine leaf(pointer, value)
		integer, pointer :: pointer
		integer, intent(in) :: value
		pointer = value
	end subroutine
	recursive subroutine deeper(pointer, depth)
		integer, pointer :: pointer
		integer, intent(in) :: depth
		if (depth > 0) then
			call deeper(pointer, depth - 1)
		else
			call leaf(pointer, depth)
		end if
	end subroutine
end module

program crashes
	use parts
	integer, pointer :: pointer
	nullify(pointer)
	call deeper(pointer, 3)
end program
