// The head of every page: the centre's name, the citizen's masked name, and the switches.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk

Item {
    id: head
    property bool footless: false     // the page has nothing at the left of its foot
    implicitHeight: 120

    // The largest size at which a text of many letters still fits beside the switches.
    function size(text: string, largest: int): int {
        return Theme.cells(text) > 18 ? 28 : Math.max(28, largest)
    }

    Image {
        id: brand
        x: Theme.side
        anchors.verticalCenter: parent.verticalCenter
        width: 64
        height: 64
        sourceSize: Qt.size(64, 64)
        source: "image://icon/brand"
        Accessible.ignored: true
    }
    MouseArea {                       // the technician's way: five presses on the attract page
        id: hidden
        property int presses: 0
        width: head.height
        height: head.height
        x: brand.x - (width - brand.width) / 2
        visible: CurrentPage.page === "AttractPage"
        onVisibleChanged: presses = 0
        Accessible.ignored: true
        onClicked: {
            presses += 1
            forget.restart()
            if (presses >= 5) CurrentPage.answer("maintenance")
        }
        Timer {
            id: forget
            interval: 3000
            onTriggered: hidden.presses = 0
        }
    }
    Column {
        anchors { left: brand.right; leftMargin: 20; verticalCenter: parent.verticalCenter }
        width: (Theme.lowered ? head.width - Theme.side : tools.x) - x - 20
        Label {
            width: parent.width
            text: CurrentPage.centre
            font.pixelSize: head.size(text, 30)
            font.bold: true
            lineHeight: 0.95
            wrapMode: Text.NoWrap
        }
        Label {
            readonly property bool greets: CurrentPage.greeting.length > 0
            width: parent.width
            text: !greets ? qsTr("自助服务终端")
                : (CurrentPage.agent && Theme.cells(CurrentPage.greeting) <= 8 ? qsTr("经办人 %1，您好") : qsTr("%1，您好")).arg(CurrentPage.greeting)
            font.pixelSize: head.size(text, Theme.elder ? 36 : 30)
            font.bold: greets
            color: greets ? Theme.blue : Theme.soft
            lineHeight: 0.95
            wrapMode: Text.NoWrap
        }
    }
    Row {
        id: tools
        // The lowered layout puts the switches above the foot, or into a foot that is free.
        x: !Theme.lowered || !Theme.wide ? head.width - width - Theme.side : Theme.side
        y: !Theme.lowered ? (head.height - height) / 2
         : Appearance.stageHeight - Theme.foot - (head.footless && Theme.wide ? (Theme.touch + height) / 2 : Theme.touch + Theme.gap + height)
        spacing: 24
        Chip {
            objectName: "contrast"
            name: qsTr("高对比度")
            iconName: "contrast"
            checkable: false
            Accessible.checkable: true
            Accessible.checked: Theme.highContrast
            onClicked: Appearance.toggleContrast()
        }
        Chip {
            objectName: "elder"
            text: Theme.elder ? qsTr("标准版") : qsTr("关怀版")
            iconName: "heart"
            onClicked: Appearance.toggleElder()
        }
        Chip {
            objectName: "language"
            text: Appearance.otherLanguage
            iconName: "globe"
            onClicked: Appearance.toggleLanguage()
        }
    }
}
